//! Data flows one way: `ARCHITECTURE.md` says which room may know which, and the code keeps to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A file of `src` as a module: `report::draw::figure`; the crate's root is empty.
type Module = String;

/// What the sources say of themselves.
struct Sources {
    /// The code of each module, without comments, strings and tests.
    code: BTreeMap<Module, String>,
    /// The names that a module hands on from others: `Format` of `table` is from `table::format`.
    exports: BTreeMap<Module, BTreeMap<String, Module>>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

fn module_of(file: &Path) -> Module {
    let file = file.strip_prefix(root().join("src")).unwrap().with_extension("");
    let parts: Vec<&str> = file.iter().map(|part| part.to_str().unwrap()).collect();
    let parts = match parts.as_slice() {
        ["lib" | "main"] => &[],
        [folders @ .., "mod"] => folders,
        all => all,
    };
    parts.join("::")
}

/// A file's code without comments, strings and what is only compiled for tests.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            match lines.next() {
                Some(next) if next.ends_with('{') => break, // the tests stand at the end of a file
                _ => continue,
            }
        }
        let line = line.split("//").next().unwrap_or_default();
        let outside = line.split('"').step_by(2).collect::<Vec<_>>();
        code.push_str(&outside.join("\"\""));
        code.push('\n');
    }
    code
}

impl Sources {
    fn read() -> Self {
        let mut paths = Vec::new();
        files(&root().join("src"), &mut paths);
        let texts: BTreeMap<Module, String> = paths
            .iter()
            .filter(|path| !path.ends_with("main.rs"))
            .map(|path| (module_of(path), std::fs::read_to_string(path).unwrap()))
            .collect();
        let for_tests: BTreeSet<Module> =
            texts.iter().flat_map(|(module, text)| test_modules(module, text)).collect();
        let code: BTreeMap<Module, String> = texts
            .iter()
            .filter(|(module, _)| !for_tests.contains(*module))
            .map(|(module, text)| (module.clone(), code_of(text)))
            .collect();
        let mut sources = Self { code, exports: BTreeMap::new() };
        let exports =
            sources.code.iter().map(|(module, code)| (module.clone(), sources.exports_of(module, code)));
        sources.exports = exports.collect();
        sources
    }

    fn exports_of(&self, module: &str, code: &str) -> BTreeMap<String, Module> {
        let public = code.split(';').filter_map(|statement| {
            let statement = statement.trim().rsplit('\n').next().map_or(statement, |_| statement).trim();
            statement.strip_prefix("pub use ").or_else(|| statement.strip_prefix("pub(crate) use "))
        });
        let paths = public.flat_map(expanded);
        paths
            .filter_map(|path| {
                let (from, name) = self.split(&absolute(module, &path)?)?;
                Some((name?, from))
            })
            .collect()
    }

    /// The module that a path leads to, and the name of the item in it.
    fn split(&self, path: &[String]) -> Option<(Module, Option<String>)> {
        let deepest =
            (0..=path.len()).rev().find(|length| self.code.contains_key(&path[..*length].join("::")))?;
        Some((path[..deepest].join("::"), path.get(deepest).cloned()))
    }

    /// The modules whose items a module names.
    fn arrows(&self, module: &str) -> BTreeSet<Module> {
        let code = &self.code[module];
        let exported = |statement: &str| statement.trim_start().starts_with("pub");
        let named = paths_in(code, &exported).into_iter().filter_map(|path| absolute(module, &path));
        let mut found = BTreeSet::new();
        for path in named {
            let Some((mut target, name)) = self.split(&path) else { continue };
            while let Some(next) = name.as_ref().and_then(|name| self.exports.get(&target)?.get(name)) {
                target = next.clone();
            }
            found.insert(target);
        }
        found.remove(module);
        found.remove("");
        found
    }
}

/// Modules that are declared for tests alone.
fn test_modules(module: &str, text: &str) -> Vec<Module> {
    let lines: Vec<&str> = text.lines().collect();
    let declared = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]");
    declared
        .filter_map(|pair| {
            let name = pair[1].trim_start_matches("pub(crate) ").strip_prefix("mod ")?.strip_suffix(';')?;
            Some(if module.is_empty() { name.into() } else { format!("{module}::{name}") })
        })
        .collect()
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn expanded(path: &str) -> Vec<String> {
    let path: String = path.split(" as ").next().unwrap_or_default().split_whitespace().collect();
    let Some((before, inside)) = path.split_once('{') else { return vec![path] };
    let inside = inside.strip_suffix('}').unwrap_or(inside);
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for character in inside.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => (),
        }
        parts.last_mut().unwrap().push(character);
    }
    let parts = parts.iter().filter(|part| !part.is_empty());
    parts.flat_map(|part| expanded(&format!("{before}{part}"))).collect()
}

/// All paths that code names: in `use` and elsewhere, but in those that only hand names on.
fn paths_in(code: &str, handed_on: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for statement in code.split(';') {
        match statement.rfind("use ").filter(|place| is_use(statement, *place)) {
            Some(place) if !handed_on(line_of(statement, place)) => {
                found.extend(expanded(&statement[place + 4..]))
            }
            Some(_) => (),
            None => found.extend(inline_paths(statement)),
        }
    }
    found
}

fn line_of(statement: &str, place: usize) -> &str {
    let start = statement[..place].rfind('\n').map_or(0, |end| end + 1);
    &statement[start..]
}

fn is_use(statement: &str, place: usize) -> bool {
    let before = statement[..place].trim_end_matches(' ').rsplit('\n').next().unwrap_or_default().trim();
    before.is_empty() || before == "pub" || (before.starts_with("pub(") && before.ends_with(')'))
}

/// `crate::…` and `super::…` in the middle of code.
fn inline_paths(code: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c: char| !is_part(c));
    words
        .filter(|word| word.starts_with("crate::") || word.starts_with("super::"))
        .map(String::from)
        .collect()
}

/// A path from the crate's root; absent for other crates'.
fn absolute(module: &str, path: &str) -> Option<Vec<String>> {
    let mut base: Vec<String> =
        module.split("::").filter(|part| !part.is_empty()).map(String::from).collect();
    let mut parts: Vec<String> = path.split("::").map(String::from).collect();
    let relative = parts[0] == "super" || parts[0] == "self";
    while parts.first().is_some_and(|first| first == "super" || first == "self") {
        if parts.remove(0) == "super" {
            base.pop();
        }
    }
    if relative {
        return Some(base.into_iter().chain(parts).collect());
    }
    if parts[0] == "crate" {
        return Some(parts.split_off(1));
    }
    // `pub use child::Name`, as modules hand on names of their own files.
    let folder = root().join("src").join(base.join("/"));
    let child = [folder.join(format!("{}.rs", parts[0])), folder.join(&parts[0]).join("mod.rs")];
    child.iter().any(|file| file.is_file()).then(|| base.into_iter().chain(parts).collect())
}

/// A way from a module back to itself, if there is one.
fn circle(graph: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    fn visit(
        module: &str,
        graph: &BTreeMap<Module, BTreeSet<Module>>,
        way: &mut Vec<Module>,
        done: &mut BTreeSet<Module>,
    ) -> bool {
        if let Some(place) = way.iter().position(|known| known == module) {
            way.drain(..place);
            way.push(module.into());
            return true;
        }
        if done.contains(module) {
            return false;
        }
        way.push(module.into());
        if graph[module].iter().any(|next| graph.contains_key(next) && visit(next, graph, way, done)) {
            return true;
        }
        way.pop();
        done.insert(module.into());
        false
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|module| {
        let mut way = Vec::new();
        visit(module, graph, &mut way, &mut done).then_some(way)
    })
}

/// The rooms of `ARCHITECTURE.md` and the rooms that each may know.
fn rooms() -> BTreeMap<String, BTreeSet<String>> {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = page.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let room = cells[0].strip_prefix("`src/")?.trim_end_matches('`').trim_end_matches(".rs");
        let known = cells.get(2)?.split(',').map(str::trim).filter(|name| !["", "–"].contains(name));
        Some((room.to_string(), known.map(String::from).collect()))
    });
    rows.collect()
}

#[test]
fn no_file_knows_one_that_knows_it() {
    let sources = Sources::read();
    let graph: BTreeMap<Module, BTreeSet<Module>> = sources
        .code
        .keys()
        .filter(|module| !module.is_empty())
        .map(|module| (module.clone(), sources.arrows(module)))
        .collect();
    let arrows: usize = graph.values().map(BTreeSet::len).sum();
    assert!(arrows > 300, "only {arrows} arrows: are the `use` lines still read?");
    assert_eq!(circle(&graph), None);
}

#[test]
fn rooms_know_what_the_architecture_says() {
    let (sources, rooms) = (Sources::read(), rooms());
    let room_of = |module: &str| module.split("::").next().unwrap_or_default().to_string();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for module in sources.code.keys().filter(|module| !module.is_empty()) {
        let of_room = found.entry(room_of(module)).or_default();
        of_room.extend(sources.arrows(module).iter().map(|target| room_of(target)));
        of_room.remove(&room_of(module));
    }
    for (room, known) in &found {
        let allowed = rooms.get(room).unwrap_or_else(|| panic!("ARCHITECTURE.md does not know src/{room}"));
        assert_eq!(known, allowed, "what src/{room} knows, and what it may know");
    }
    assert_eq!(found.len(), rooms.len(), "ARCHITECTURE.md names rooms that are not there");
    let order: BTreeMap<Module, BTreeSet<Module>> = rooms;
    assert_eq!(circle(&order), None, "rooms of ARCHITECTURE.md that know each other");
}

#[test]
fn every_file_says_what_it_holds() {
    let mut paths = Vec::new();
    for folder in ["src", "tests", "benches"] {
        files(&root().join(folder), &mut paths);
    }
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//!") || path.starts_with(root().join("tests/cuda")),
            "{} has no first line",
            path.display()
        );
        let long = text.lines().enumerate().find(|(_, line)| line.chars().count() > 120);
        assert!(long.is_none(), "{}:{} is over 120 characters", path.display(), long.unwrap().0 + 1);
    }
}

#[test]
fn circles_are_found() {
    let graph = |arrows: &[(&str, &[&str])]| -> BTreeMap<Module, BTreeSet<Module>> {
        let of = |to: &[&str]| to.iter().map(ToString::to_string).collect();
        arrows.iter().map(|(from, to)| (from.to_string(), of(to))).collect()
    };
    assert_eq!(circle(&graph(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])), None);
    let found = circle(&graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])])).unwrap();
    assert_eq!(found, ["b", "c", "b"]);
}
