//! Whether a file lies on a disk of the network. SQLite's write-ahead log needs memory that all processes share, which
//! machines do not; its rollback journal needs locks alone, which such disks have.

use std::path::{Path, PathBuf};

/// File systems of several machines, as Linux names them.
const NETWORK: [&str; 13] = [
    "nfs", "nfs4", "lustre", "gpfs", "beegfs", "ceph", "cifs", "smb3", "smbfs", "panfs", "orangefs",
    "wekafs", "afs",
];

/// Whether a file, or the folder that it will be in, is on a disk of the network. Where that is not told, it is taken
/// for a disk of this machine.
pub(super) fn is_on_network(path: &Path) -> bool {
    let folder = std::path::absolute(path).ok().and_then(|path| existing(&path));
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    folder.and_then(|folder| file_system(&folder, &mounts)).is_some_and(|name| {
        let name = name.strip_prefix("fuse.").unwrap_or(&name).to_string();
        NETWORK.contains(&name.as_str()) || name == "sshfs" || name.starts_with("glusterfs")
    })
}

/// What of a path is there, without links.
fn existing(path: &Path) -> Option<PathBuf> {
    path.ancestors().find_map(|part| part.canonicalize().ok())
}

/// The name of the file system that a folder is on, by the list of mounts as Linux has it.
fn file_system(folder: &Path, mounts: &str) -> Option<String> {
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (_, place, name) = (words.next()?, words.next()?, words.next()?);
        // Spaces in names are written so.
        Some((PathBuf::from(place.replace("\\040", " ")), name))
    });
    // Of two mounts in one place, the later one hides the other.
    let on = mounts.filter(|(place, _)| folder.starts_with(place));
    on.max_by_key(|(place, _)| place.components().count()).map(|(_, name)| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_and_last_mount_counts() {
        let mounts = "/dev/sda1 / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\n\
                      /dev/sdb1 /home/scratch\\040disk xfs rw 0 0\n\
                      tmpfs /mnt tmpfs rw 0 0\nlustre /mnt lustre rw 0 0\n";
        let on = |folder: &str| file_system(Path::new(folder), mounts).unwrap();
        assert_eq!([on("/home/me"), on("/homes"), on("/home/scratch disk/a")], ["nfs4", "ext4", "xfs"]);
        assert_eq!(on("/mnt/x"), "lustre");
        assert_eq!(file_system(Path::new("/x"), ""), None);
    }

    #[test]
    fn a_temporary_folder_is_on_this_machine() {
        assert!(!is_on_network(&std::env::temp_dir().join("not/there/yet.db")));
    }
}
