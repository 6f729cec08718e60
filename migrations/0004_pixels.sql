-- Which pixels of a picture are defect: PNG, white where they are, in the size of the picture; absent
-- where that is not known, and in runs that were judged before.
ALTER TABLE pictures ADD COLUMN mask BLOB;

-- BLAKE3 over the mask files that a run was judged with: with other ones it is judged anew.
ALTER TABLE evaluations ADD COLUMN masks TEXT;
