-- Which pixels of a picture are defect: PNG, white where they are, in the size of the picture; absent
-- where that is not known, and in runs that were judged before.
ALTER TABLE pictures ADD COLUMN mask BLOB;
