-- Who works on a fit, by name; it was the beginning of the lease's token. And the digest of the views that a store
-- carries: they stand in `src/store/views.sql` from here on, and no migration repeats them.
ALTER TABLE fits ADD COLUMN worker TEXT;
UPDATE fits SET worker = substr(lease_token, 1, 16) WHERE lease_token IS NOT NULL;

CREATE TABLE views_digest (
    digest TEXT NOT NULL -- BLAKE3 of the file
);
