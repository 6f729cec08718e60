-- What a run's scores and results were when they were written: `store check` and `store merge` tell where they changed.

CREATE TABLE result_digests (
    run_id TEXT PRIMARY KEY REFERENCES runs_table (run_id),
    digest TEXT NOT NULL -- BLAKE3, see src/store/result_digest.rs
);
