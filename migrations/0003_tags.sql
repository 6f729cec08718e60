-- Tags and notes on runs. The view `runs` tells them, and tells the truth about dead workers by itself,
-- so that nothing need be written before a store is read.

CREATE TABLE run_tags (
    run_id TEXT NOT NULL REFERENCES runs_table (run_id),
    tag    TEXT NOT NULL,
    PRIMARY KEY (run_id, tag)
) WITHOUT ROWID;
CREATE INDEX runs_of_tag ON run_tags (tag);

CREATE TABLE run_notes (
    run_id TEXT PRIMARY KEY REFERENCES runs_table (run_id),
    note   TEXT NOT NULL
);

CREATE VIEW tags AS
SELECT run_id, tag FROM run_tags;

DROP VIEW runs;

CREATE VIEW runs AS
SELECT
    r.run_id,
    (SELECT group_concat(s.sweep, ', ') FROM sweep_runs s WHERE s.run_id = r.run_id) AS sweep,
    -- as Store::reap would write it
    CASE
        WHEN r.status <> 'running' OR f.lease_until >= unixepoch('subsec') THEN r.status
        WHEN f.attempts >= 3 THEN 'failed'
        ELSE 'interrupted'
    END                                           AS status,
    r.config ->> '$.scoring.model'                AS model,
    d.title                                       AS dataset,
    r.config ->> '$.fit.image_size'               AS image_size,
    r.config ->> '$.fit.channels'                 AS channels,
    r.config ->> '$.fit.network.w_adv'            AS w_adv,
    r.config ->> '$.fit.network.w_con'            AS w_con,
    r.config ->> '$.fit.network.w_enc'            AS w_enc,
    r.config ->> '$.scoring.lambda'               AS lambda,
    r.config ->> '$.fit.seed'                     AS seed,
    coalesce(r.config ->> '$.fit.network.epochs', r.config ->> '$.fit.epochs') AS epochs,
    coalesce(r.config ->> '$.fit.network.batch_size', r.config ->> '$.fit.batch_size') AS batch_size,
    coalesce(r.config ->> '$.fit.network.learning_rate', r.config ->> '$.fit.learning_rate') AS learning_rate,
    coalesce(r.config ->> '$.fit.network.width', r.config ->> '$.fit.width') AS width,
    coalesce(r.config ->> '$.fit.network.latent_size', r.config ->> '$.fit.latent_size') AS latent_size,
    r.config ->> '$.scoring.score'                AS score,
    r.config ->> '$.scoring.batch_norm'           AS batch_norm,
    r.config ->> '$.scoring.search_steps'         AS search_steps,
    f.device,
    r.fit_id,
    f.git_commit || CASE f.git_dirty WHEN 1 THEN '+' ELSE '' END AS git_commit,
    r.started_at,
    r.finished_at,
    f.train_seconds,
    r.score_seconds,
    f.images_per_second,
    r.config,
    coalesce(r.error, f.error)                    AS error,
    r.queued_at,
    f.host,
    f.version,
    f.burn_version,
    f.command_line,
    f.digest                                      AS dataset_digest,
    r.config ->> '$.scoring.residual'             AS residual,
    -- of the trained generator, on held-out images: about 1 is well, near 0 is collapsed
    (
        SELECT m.value FROM metric_values m
        WHERE m.fit_id = r.fit_id AND m.split = 'valid' AND m.name = 'diversity'
        ORDER BY m.epoch DESC LIMIT 1
    )                                             AS diversity,
    (
        SELECT group_concat(t.tag, ', ')
        FROM (SELECT tag FROM run_tags WHERE run_id = r.run_id ORDER BY tag) t
    )                                             AS tags,
    (SELECT n.note FROM run_notes n WHERE n.run_id = r.run_id) AS note
FROM runs_table r
JOIN fits f ON f.fit_id = r.fit_id
JOIN datasets d ON d.digest = f.digest;
