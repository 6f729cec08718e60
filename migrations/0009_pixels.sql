-- Pixel measures by the masks that they were taken against: two sweeps may have other masks for the same images. What
-- stands in `evaluations` is what was measured last.
CREATE TABLE pixel_results (
    run_id           TEXT NOT NULL REFERENCES runs_table (run_id),
    masks            TEXT NOT NULL, -- BLAKE3 over the mask files
    pixel_auroc      REAL,          -- at the size of the images
    pixel_auroc_full REAL,          -- at the masks' own size
    lost_masks       REAL,          -- masks that have nothing left at the size of the images
    PRIMARY KEY (run_id, masks)
) WITHOUT ROWID;

CREATE TABLE picture_masks (
    run_id   TEXT    NOT NULL REFERENCES runs_table (run_id),
    image_id INTEGER NOT NULL REFERENCES images (id),
    masks    TEXT    NOT NULL,
    mask     BLOB    NOT NULL, -- PNG
    PRIMARY KEY (run_id, image_id, masks)
) WITHOUT ROWID;

ALTER TABLE evaluations ADD COLUMN pixel_auroc_full REAL;
ALTER TABLE evaluations ADD COLUMN lost_masks REAL;

-- The masks of a sweep's dataset, where it has any.
ALTER TABLE sweeps ADD COLUMN masks TEXT;

-- Whether some of a dataset's images have colours; absent where that was not asked.
ALTER TABLE datasets ADD COLUMN coloured INTEGER;
