-- BLAKE3 of an image's content: of its file's bytes, or of its pixels where it was drawn or unpacked. NULL in stores of
-- earlier builds until a sweep over the dataset is planned again.
ALTER TABLE images ADD COLUMN hash TEXT;
