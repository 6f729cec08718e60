-- Baselines, calibrated scores, collapse. Settings of training stand in `fit.network` since then; runs
-- of older builds keep them in `fit`.

CREATE TABLE calibrations (
    run_id      TEXT PRIMARY KEY REFERENCES runs_table (run_id),
    calibration TEXT NOT NULL -- JSON
);

DROP VIEW leaderboard;
DROP VIEW runs;

CREATE VIEW runs AS
SELECT
    r.run_id,
    (SELECT group_concat(s.sweep, ', ') FROM sweep_runs s WHERE s.run_id = r.run_id) AS sweep,
    r.status,
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
    )                                             AS diversity
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
    auroc_min, auroc_max, diversity, auroc_unleaked, average_precision, best_accuracy, accuracy,
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
