//! What names of files and folders say of them.

use unicode_normalization::UnicodeNormalization;

/// Every extension of the formats that are read: JPEG, PNG, BMP, TIFF, WebP.
pub(super) const EXTENSIONS: &[&str] = &[
    "jpg", "jpeg", "jpe", "jfif", "jif", "jfi", "png", "apng", "bmp", "dib", "tif", "tiff", "btf", "tf8",
    "webp",
];

const NORMAL: &[&str] = &[
    "good",
    "normal",
    "ok",
    "ok_front",
    "noncloud",
    "non_cloud",
    "non-cloud",
    "defect_free",
    "nondefective",
];

const ANOMALOUS: &[&str] = &[
    "bad",
    "broken",
    "defect",
    "defects",
    "defective",
    "anomaly",
    "anomalies",
    "anomalous",
    "abnormal",
    "faulty",
    "ko",
    "ng",
    "nok",
    "not_ok",
    "not_good",
    "reject",
    "rejected",
    "rejects",
    "def_front",
];

const MASKS: &[&str] = &[
    "ground_truth",
    "ground-truth",
    "ground truth",
    "groundtruth",
    "gt",
    "mask",
    "masks",
    "segmentation",
    "segmentations",
    "seg",
    "label",
    "labels",
    "annotation",
    "annotations",
];

/// What programs write beside images, and what is none of the test's business.
const ASIDE: &[&str] = &[
    "maps",
    "map",
    "anomaly_map",
    "anomaly_maps",
    "heatmap",
    "heatmaps",
    "residual",
    "residuals",
    "result",
    "results",
    "report",
    "reports",
    "output",
    "outputs",
    "prediction",
    "predictions",
    "visualization",
    "visualizations",
    "overlay",
    "overlays",
    "thumbnails",
    "thumbs",
    "preview",
    "previews",
    "checkpoints",
    "weights",
    "logs",
    "val",
    "valid",
    "validation",
    "unused",
    "backup",
    "trash",
];

/// What systems leave in folders.
const HIDDEN: &[&str] = &["__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "@eadir"];

/// What stands after a mask's name, or before it.
const MASK_WORDS: &[&str] =
    &["mask", "masks", "gt", "ground_truth", "groundtruth", "label", "labels", "seg", "segmentation"];

/// Those that no photograph's name ends in.
const SURE_MASK_WORDS: &[&str] = &["mask", "masks", "gt", "ground_truth", "groundtruth"];

/// What the name of a folder says of the images in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Normal,
    Anomalous,
    Masks,
    Aside,
}

/// What a folder's name says; absent where it may be that of a defect.
pub(super) fn meaning(folder: &str) -> Option<Meaning> {
    let name = composed(folder).to_lowercase();
    let known = [
        (NORMAL, Meaning::Normal),
        (ANOMALOUS, Meaning::Anomalous),
        (MASKS, Meaning::Masks),
        (ASIDE, Meaning::Aside),
    ];
    known.into_iter().find(|(names, _)| names.contains(&name.as_str())).map(|(_, meaning)| meaning)
}

/// Whether systems made it, or it is not meant to be seen.
pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || HIDDEN.contains(&name.to_lowercase().as_str())
}

/// A file's extension in small letters, if it has one.
pub(super) fn extension(name: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty() && !extension.is_empty()).then(|| extension.to_lowercase())
}

/// Whether a file's name is that of an image which is read.
pub(super) fn is_image(name: &str) -> bool {
    extension(name).is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

/// A file's name without its extension, in Unicode's composed form: macOS writes the other one.
pub(super) fn stem(name: &str) -> String {
    composed(name.rsplit_once('.').map_or(name, |(stem, _)| stem))
}

/// Unicode's composed form (NFC).
pub(super) fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// The image's stem that a mask's stem is made of: `000` of `000_mask`, `000_GT`, `000_mask_2` and `mask_000`.
pub(super) fn masked_stem(stem: &str) -> Option<&str> {
    without_word(stem, MASK_WORDS)
}

/// The same for a file that lies among the images: only where it can be nothing but a mask.
pub(super) fn surely_masked_stem(stem: &str) -> Option<&str> {
    without_word(stem, SURE_MASK_WORDS)
}

const JOINTS: [char; 4] = ['_', '-', '.', ' '];

fn without_word<'a>(stem: &'a str, words: &[&str]) -> Option<&'a str> {
    let unnumbered = stem.trim_end_matches(|character: char| character.is_ascii_digit());
    let unnumbered = unnumbered.trim_end_matches(JOINTS);
    let after = [stem, unnumbered].into_iter().flat_map(|stem| {
        words.iter().filter_map(move |word| {
            let place = stem.len().checked_sub(word.len())?;
            let (image, end) = (stem.get(..place)?, stem.get(place..)?);
            end.eq_ignore_ascii_case(word).then_some(image)
        })
    });
    let before = words.iter().filter_map(|word| {
        let (start, image) = (stem.get(..word.len())?, stem.get(word.len()..)?);
        start.eq_ignore_ascii_case(word).then_some(image)
    });
    let joined =
        after.filter(|image| image.ends_with(JOINTS)).map(|image| image.trim_end_matches(JOINTS)).chain(
            before.filter(|image| image.starts_with(JOINTS)).map(|image| image.trim_start_matches(JOINTS)),
        );
    joined.filter(|image| !image.is_empty()).min_by_key(|image| image.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_masks_lead_to_their_images() {
        for (mask, image) in [
            ("000_mask", Some("000")),
            ("000_GT", Some("000")),
            ("part.12-gt", Some("part.12")),
            ("000_mask_2", Some("000")),
            ("000_mask1", Some("000")),
            ("mask_000", Some("000")),
            ("0576_label", Some("0576")),
            ("7_ground_truth", Some("7")),
            ("000", None),
            ("unmask", None),
            ("_mask", None),
            ("12_3", None),
            ("größe_mask", Some("größe")),
            ("ä", None),
        ] {
            assert_eq!(masked_stem(mask), image, "{mask}");
        }
        assert_eq!(surely_masked_stem("bottle_label"), None, "a photograph of a label");
        assert_eq!(surely_masked_stem("bottle_mask"), Some("bottle"));
    }

    #[test]
    fn extensions_and_hidden_names() {
        assert!(["a.JPG", "b.jfif", "c.jpe", "d.Tiff", "e.x.png", "f.dib"].into_iter().all(is_image));
        assert!(["a.gif", "png", ".png", "a.png.txt", "a."].into_iter().all(|name| !is_image(name)));
        assert!(["._000.png", ".git", "__MACOSX", "Thumbs.db"].into_iter().all(is_hidden));
        assert!(!is_hidden("000.png"));
        assert_eq!(stem("e\u{301}.png"), "\u{e9}", "composed");
    }

    #[test]
    fn folders_mean_what_they_are_called() {
        assert_eq!(meaning("Good"), Some(Meaning::Normal));
        assert_eq!(meaning("Ground_Truth"), Some(Meaning::Masks));
        assert_eq!(meaning("maps"), Some(Meaning::Aside));
        assert_eq!(meaning("NG"), Some(Meaning::Anomalous));
        assert_eq!(meaning("crack"), None);
    }
}
