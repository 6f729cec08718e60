//! Files of weights as the store moves them: named by their digest, and equal where their tensors are.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::SafeTensors;

use super::artifacts::Artifacts;
use super::error::StoreError;
use crate::atomic_file::{read_verified, write_whole};

/// Copies weights into a folder of artifacts, whole or not at all; tells whether they were there and
/// are what their name says.
pub(super) fn copy_weights(source: &Path, artifacts: &Artifacts, digest: &str) -> Result<bool, StoreError> {
    let Ok(bytes) = read_verified(source, digest) else { return Ok(false) };
    let target = artifacts.weights(digest);
    write_whole(&target, &[&bytes]).map_err(|error| StoreError::open(&target, error))?;
    Ok(true)
}

/// Takes weights of a store that is about to be removed: where one disk has both, the file only gets a second name.
pub(super) fn link_weights(source: &Path, artifacts: &Artifacts, digest: &str) -> Result<bool, StoreError> {
    if read_verified(source, digest).is_err() {
        return Ok(false);
    }
    let linked = std::fs::create_dir_all(artifacts.weights_folder())
        .and_then(|()| std::fs::hard_link(source, artifacts.weights(digest)));
    if linked.is_ok() { Ok(true) } else { copy_weights(source, artifacts, digest) }
}

/// Whether two files hold the same tensors: names, types, shapes and values. Files of earlier builds differed in what
/// else they held.
pub(super) fn same_tensors(one: (&Artifacts, &str), other: (&Artifacts, &str)) -> bool {
    let read =
        |(artifacts, digest): (&Artifacts, &str)| read_verified(&artifacts.weights(digest), digest).ok();
    let (Some(one), Some(other)) = (read(one), read(other)) else { return false };
    match (SafeTensors::deserialize(&one), SafeTensors::deserialize(&other)) {
        (Ok(one), Ok(other)) => tensors(&one) == tensors(&other),
        _ => false,
    }
}

type Tensor<'a> = (safetensors::Dtype, Vec<usize>, &'a [u8]);

fn tensors<'a>(file: &SafeTensors<'a>) -> BTreeMap<String, Tensor<'a>> {
    file.iter()
        .map(|(name, view)| (name.into(), (view.dtype(), view.shape().to_vec(), view.data())))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use safetensors::tensor::{Dtype, TensorView};

    use super::*;
    use crate::atomic_file::digest;

    #[test]
    fn tensors_are_compared_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::of(&folder.path().join("a.db"));
        let keep = |value: f32, made: &str| {
            let bytes = value.to_le_bytes();
            let view = TensorView::new(Dtype::F32, vec![1], &bytes).unwrap();
            let words = HashMap::from([("made".to_string(), made.to_string())]);
            let file = safetensors::serialize([("w", view)], Some(words)).unwrap();
            let name = digest(&file);
            write_whole(&artifacts.weights(&name), &[&file]).unwrap();
            name
        };
        let [one, same, other] = [keep(1.0, "here"), keep(1.0, "there"), keep(2.0, "here")];
        assert_ne!(one, same);
        assert!(same_tensors((&artifacts, &one), (&artifacts, &same)));
        assert!(!same_tensors((&artifacts, &one), (&artifacts, &other)));
        assert!(!same_tensors((&artifacts, &one), (&artifacts, "missing")));
    }
}
