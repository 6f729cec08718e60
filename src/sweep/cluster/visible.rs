//! Paths that nodes cannot see: folders that every machine has for itself.

use std::path::Path;

const OWN: [&str; 4] = ["/tmp", "/var/tmp", "/dev/shm", "/run"];

/// What to know of those of these paths, each with what it is, that other machines will not find.
pub(super) fn hidden<'a>(paths: impl IntoIterator<Item = (&'a str, &'a Path)>) -> Vec<String> {
    let is_hidden = |path: &Path| OWN.iter().any(|own| path.starts_with(own));
    paths
        .into_iter()
        .filter(|(_, path)| is_hidden(path))
        .map(|(what, path)| {
            let path = path.display();
            format!(
                "{what} {path} is in a folder that every machine has for itself: other nodes will not find it"
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_one_machine_are_told() {
        let told = hidden([
            ("the store", Path::new("/tmp/a/store.db")),
            ("the program", Path::new("/home/me/anolab")),
            ("the dataset", Path::new("/tmpfiles/x")),
        ]);
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("the store /tmp/a/store.db is in a folder"), "{told:?}");
    }
}
