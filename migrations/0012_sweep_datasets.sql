-- Digests of a sweep's datasets in its order (a JSON list), where they are several; `digest` is the first of them.
ALTER TABLE sweeps ADD COLUMN datasets TEXT;
