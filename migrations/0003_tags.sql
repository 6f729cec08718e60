-- Tags and notes on runs, and who judged each, for a run may be judged long after its training. The view
-- `runs` tells them, and tells the truth about dead workers by itself, so that nothing need be written
-- before a store is read.

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

ALTER TABLE runs_table ADD COLUMN judged_device TEXT;
ALTER TABLE runs_table ADD COLUMN judged_commit TEXT; -- with a + where there were uncommitted changes
ALTER TABLE runs_table ADD COLUMN judged_command TEXT;

-- The last value of the metric, which lists of runs show: looking it up for each run takes long.
ALTER TABLE fits ADD COLUMN diversity REAL;
UPDATE fits SET diversity = (
    SELECT m.value FROM metric_values m
    WHERE m.fit_id = fits.fit_id AND m.split = 'valid' AND m.name = 'diversity'
    ORDER BY m.epoch DESC LIMIT 1
);

CREATE VIEW tags AS
SELECT run_id, tag FROM run_tags;

DROP VIEW leaderboard;
DROP VIEW runs;

CREATE VIEW runs AS
SELECT
    r.run_id,
    (
        SELECT group_concat(s.sweep, ', ')
        FROM (SELECT sweep FROM sweep_runs WHERE run_id = r.run_id ORDER BY sweep) s
    )                                             AS sweep,
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
    CASE WHEN r.status IN ('running', 'failed', 'diverged') THEN coalesce(r.error, f.error) END AS error,
    r.queued_at,
    f.host,
    f.version,
    f.burn_version,
    f.command_line,
    f.digest                                      AS dataset_digest,
    r.config ->> '$.scoring.residual'             AS residual,
    -- of the trained generator, on held-out images: about 1 is well, near 0 is collapsed
    f.diversity,
    (
        SELECT group_concat(t.tag, ', ')
        FROM (SELECT tag FROM run_tags WHERE run_id = r.run_id ORDER BY tag) t
    )                                             AS tags,
    (SELECT n.note FROM run_notes n WHERE n.run_id = r.run_id) AS note,
    -- device, git_commit, host, version and command_line are those of the training, begun at this time
    f.started_at                                  AS trained_at,
    r.judged_device,
    r.judged_commit,
    r.judged_command
FROM runs_table r
JOIN fits f ON f.fit_id = r.fit_id
JOIN datasets d ON d.digest = f.digest;

-- Over seeds. The deviation is that of a sample (n − 1); its root is Newton's, because SQLite has
-- sqrt() only where it was built with it.
CREATE VIEW leaderboard AS
SELECT
    dataset, model, image_size, channels, width, epochs, w_adv, w_con, w_enc, lambda, score,
    batch_norm, search_steps, residual, seeds, auroc,
    CASE
        WHEN seeds < 2 THEN NULL
        WHEN variance <= 0 THEN 0.0
        ELSE (
            WITH RECURSIVE newton (step, root) AS (
                SELECT 0, 0.5
                UNION ALL
                SELECT step + 1, (root + variance / root) / 2 FROM newton WHERE step < 40
            )
            SELECT root FROM newton WHERE step = 40
        )
    END AS auroc_deviation,
    auroc_min, auroc_max, diversity, auroc_unleaked, pixel_auroc, average_precision, best_accuracy, accuracy,
    true_positive_rate, false_positive_rate, train_seconds, score_seconds, device, git_commit,
    sweep, config
FROM (
    SELECT
        r.dataset, r.model, r.image_size, r.channels, r.width, r.epochs, r.w_adv, r.w_con, r.w_enc,
        r.lambda, r.score, r.batch_norm, r.search_steps, r.residual,
        count(e.auroc) AS seeds,
        avg(e.auroc) AS auroc,
        (sum(e.auroc * e.auroc) - count(e.auroc) * avg(e.auroc) * avg(e.auroc))
            / (count(e.auroc) - 1) AS variance,
        min(e.auroc) AS auroc_min,
        max(e.auroc) AS auroc_max,
        avg(e.auroc_unleaked) AS auroc_unleaked,
        avg(e.pixel_auroc) AS pixel_auroc,
        avg(e.average_precision) AS average_precision,
        avg(e.best_accuracy) AS best_accuracy,
        avg(e.accuracy) AS accuracy,
        avg(e.true_positive_rate) AS true_positive_rate,
        avg(e.false_positive_rate) AS false_positive_rate,
        min(r.diversity) AS diversity, -- of the worst seed
        avg(r.train_seconds) AS train_seconds,
        avg(r.score_seconds) AS score_seconds,
        group_concat(DISTINCT r.device) AS device,
        group_concat(DISTINCT r.git_commit) AS git_commit,
        r.sweep,
        json_remove(r.config, '$.fit.seed') AS config
    FROM runs r
    JOIN evaluations e ON e.run_id = r.run_id
    WHERE r.status = 'done'
    GROUP BY r.dataset_digest, json_remove(r.config, '$.fit.seed')
)
ORDER BY auroc DESC;
