//! Settings given beside a sweep file, as on the command line: `epochs=5` takes the place of whatever the file says.

use toml::{Table, Value};

use super::model::Model;

/// What stands at the top of a sweep file.
const TOP: [&str; 3] = ["name", "dataset", "keep_checkpoints"];

/// What is wrong with an assignment.
#[derive(Debug, thiserror::Error)]
pub enum AssignError {
    /// It has no `=`, or no key before it.
    #[error("`{0}` assigns nothing: write KEY=VALUE, such as epochs=5, ganomaly.w_con=10 or seed=[0,1,2]")]
    NoAssignment(String),
    /// Its key leads into something that has no keys.
    #[error("`{key}` cannot be set: `{part}` is neither a model nor a table in this sweep file")]
    NoTable {
        /// The key.
        key: String,
        /// The part of it that is no table.
        part: String,
    },
}

/// The text of a sweep file with these assignments. A setting is taken out wherever the file has it: a single value
/// goes to `[base]`, several to `[grid]`, and what belongs to one model to that model's part. What stands at the top of
/// the file, `dataset.KEY` and `slurm.KEY` are set in their places. Comments are lost; text that is no TOML stays as it
/// is.
///
/// # Errors
/// An assignment that is none. Keys and values that no sweep file takes are left to the reader of the file.
pub fn assign(text: &str, assignments: &[String]) -> Result<String, AssignError> {
    let Ok(mut file) = text.parse::<Table>() else { return Ok(text.into()) };
    if assignments.is_empty() {
        return Ok(text.into());
    }
    for assignment in assignments {
        let (key, value) =
            assignment.split_once('=').ok_or_else(|| AssignError::NoAssignment(assignment.clone()))?;
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() || value.is_empty() {
            return Err(AssignError::NoAssignment(assignment.clone()));
        }
        // The tables that a setting stands in are found, and may be named.
        let setting = ["base.", "grid."].iter().find_map(|table| key.strip_prefix(table));
        match setting {
            None if TOP.contains(&key) => drop(file.insert(key.into(), parsed(value))),
            _ => set(&mut file, setting.unwrap_or(key), parsed(value))?,
        }
    }
    Ok(toml::to_string(&file).unwrap_or_else(|_| text.into())) // what was read from TOML can be written
}

/// A value of TOML; what is none is a text without its quotes.
fn parsed(text: &str) -> Value {
    let read = format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    read.unwrap_or_else(|| Value::from(text))
}

fn set(file: &mut Table, key: &str, value: Value) -> Result<(), AssignError> {
    match key.split_once('.') {
        Some((table @ ("dataset" | "slurm"), inner)) => {
            drop(child(file, table, key)?.insert(inner.into(), value))
        }
        Some((part, inner)) => match Model::named(part) {
            Some(model) => put(file, model, inner, value, key)?,
            None => return Err(AssignError::NoTable { key: key.into(), part: part.into() }),
        },
        None => {
            take_out(file, key);
            let place = if value.is_array() || value.is_table() { "grid" } else { "base" };
            match Model::ALL.into_iter().find(|model| model.own_keys().contains(&key)) {
                Some(model) => put(file, model, key, value, key)?,
                None => drop(child(file, place, key)?.insert(key.into(), value)),
            }
        }
    }
    Ok(())
}

/// Puts a setting into a model's own part of the grid.
fn put(file: &mut Table, model: Model, name: &str, value: Value, key: &str) -> Result<(), AssignError> {
    let grid = child(file, "grid", key)?;
    let known = grid.keys().find(|name| name.eq_ignore_ascii_case(model.name()));
    let own = known.cloned().unwrap_or_else(|| model.name().into());
    child(grid, &own, key)?.insert(name.into(), value);
    Ok(())
}

/// Takes a setting out wherever it stands.
fn take_out(file: &mut Table, key: &str) {
    for part in ["base", "grid"] {
        let Some(table) = file.get_mut(part).and_then(Value::as_table_mut) else { continue };
        table.remove(key);
        for inner in table.iter_mut().filter_map(|(_, value)| value.as_table_mut()) {
            inner.remove(key);
        }
    }
}

/// The table of this name, which is made where there is none.
fn child<'t>(parent: &'t mut Table, name: &str, key: &str) -> Result<&'t mut Table, AssignError> {
    let item = parent.entry(name).or_insert_with(|| Value::Table(Table::new()));
    item.as_table_mut().ok_or_else(|| AssignError::NoTable { key: key.into(), part: name.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;

    const FILE: &str = "# mine\nname = \"t\"\ndataset = { kind = \"synthetic\", scene = \"casting\", count = 8 }\n\
                        [base]\nepochs = 15 # many\n[grid]\nmodel = [\"ganomaly\", \"anogan\"]\nseed = [0, 1]\n\
                        [grid.ganomaly]\nw_con = [10, 50]\nepochs = [3, 4]\n";

    fn assigned(assignments: &[&str]) -> Sweep {
        let assignments: Vec<String> = assignments.iter().map(ToString::to_string).collect();
        let text = assign(FILE, &assignments).unwrap();
        assert_eq!(text == FILE, assignments.is_empty());
        Sweep::parse("t.toml", &text)
            .unwrap_or_else(|error| panic!("{:?}\n{text}", miette::Report::new(*error)))
    }

    #[test]
    fn what_is_assigned_takes_the_place_of_the_file() {
        assert_eq!(assigned(&[]).runs.len(), 2 * 2 * 2 + 2);
        let short = assigned(&["epochs=5"]);
        assert_eq!(short.runs.len(), 2 * 2 + 2);
        assert!(short.runs.iter().all(|run| run.fit.gan().unwrap().epochs == 5));
        let one = assigned(&["epochs = 5", "seed=7", "w_con=20", "model=GANomaly"]);
        assert_eq!((one.runs.len(), one.runs[0].fit.seed), (1, 7));
        assert_eq!(assigned(&["seed=[4, 5, 6]", "ganomaly.w_con=1", "epochs=1"]).runs.len(), 6);
        assert_eq!(assigned(&["seed={ from = 0, to = 9 }", "w_con=1", "epochs=1"]).runs.len(), 20);
        let with_tables = assigned(&["grid.seed=[4, 5, 6]", "grid.ganomaly.w_con=1", "base.epochs=1"]);
        assert_eq!(with_tables.runs, assigned(&["seed=[4, 5, 6]", "ganomaly.w_con=1", "epochs=1"]).runs);
        let renamed = assigned(&["name=quick", "dataset.count=12"]);
        assert_eq!(renamed.name, "quick");
        assert_ne!(renamed.datasets, assigned(&[]).datasets);
        assert_eq!(assigned(&["slurm.partition=gpu"]).slurm.partition.as_deref(), Some("gpu"));
    }

    #[test]
    fn assignments_that_are_none() {
        let refused = |assignment: &str| assign(FILE, &[assignment.to_string()]).unwrap_err().to_string();
        assert!(refused("epochs").starts_with("`epochs` assigns nothing"));
        assert!(refused("=5").starts_with("`=5` assigns nothing"));
        assert!(
            refused("gan.epochs=5")
                .starts_with("`gan.epochs` cannot be set: `gan` is neither a model nor a table")
        );
        let unknown = assign(FILE, &["epoch=5".to_string()]).unwrap();
        let said = Sweep::parse("t.toml", &unknown).unwrap_err().to_string();
        assert_eq!(said, "unknown key `epoch`", "the reader of the file says so, with its place");
        let misplaced = assign(FILE, &["base.name=other".to_string()]).unwrap();
        assert_eq!(Sweep::parse("t.toml", &misplaced).unwrap_err().to_string(), "unknown key `name`");
    }
}
