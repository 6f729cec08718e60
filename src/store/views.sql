-- What people query. These views are a promise: columns are added, never renamed or taken away. They are made anew
-- whenever a store is opened whose views are those of another build.
--
-- They work in SQLite from 3.38 on, in whatever program, and in DuckDB's reader of SQLite files. That one reads their text
-- by its own grammar (hence "lambda" in quotes, and no recursion), has the types of columns from it (hence the casts), and
-- takes all columns of a view for texts where it does not know a function. Functions that SQLite alone has stand apart,
-- in `leases` and `settings`, which hold nothing but texts.

DROP VIEW IF EXISTS leaderboard;
DROP VIEW IF EXISTS results;
DROP VIEW IF EXISTS scores;
DROP VIEW IF EXISTS metrics;
DROP VIEW IF EXISTS tags;
DROP VIEW IF EXISTS runs;
DROP VIEW IF EXISTS settings;
DROP VIEW IF EXISTS dataset_names;
DROP VIEW IF EXISTS leases;

-- Whether somebody works on a fit: as in `lease.rs`, which also takes a lease that ends too late for that of a clock that
-- was wrong. unixepoch('subsec') is NULL before SQLite 3.42.
CREATE VIEW leases AS
SELECT
    fit_id,
    CASE
        WHEN lease_until - (julianday('now') - 2440587.5) * 86400.0 BETWEEN 0 AND 16 THEN 'held'
        ELSE 'free'
    END AS lease
FROM fits;

-- The configuration of a run without its seed (JSON): what runs that differ in the seed alone share.
CREATE VIEW settings AS
SELECT run_id, json_remove(config, '$.fit.seed') AS config
FROM runs_table;

-- What a dataset is called: its title, and where others have the same one, the beginning of its digest behind it.
CREATE VIEW dataset_names AS
SELECT
    d.digest,
    CASE WHEN (SELECT count(*) FROM datasets o WHERE o.title = d.title) > 1
        THEN d.title || ' ' || substr(d.digest, 1, 8)
        ELSE d.title
    END AS name
FROM datasets d;

CREATE VIEW runs AS
SELECT
    r.run_id,
    (
        SELECT group_concat(s.sweep, ', ')
        FROM (SELECT sweep FROM sweep_runs WHERE run_id = r.run_id ORDER BY sweep) s
    )                                                               AS sweep,
    -- as Store::reap would write it
    CASE
        WHEN r.status <> 'running' OR l.lease = 'held' THEN r.status
        WHEN f.attempts >= 3 THEN 'failed'
        ELSE 'interrupted'
    END                                                             AS status,
    r.config ->> '$.scoring.model'                                  AS model,
    d.title                                                         AS dataset,
    CAST(r.config ->> '$.fit.image_size' AS BIGINT)                AS image_size,
    CAST(r.config ->> '$.fit.channels' AS BIGINT)                  AS channels,
    CAST(r.config ->> '$.fit.network.w_adv' AS DOUBLE)                AS w_adv,
    CAST(r.config ->> '$.fit.network.w_con' AS DOUBLE)                AS w_con,
    CAST(r.config ->> '$.fit.network.w_enc' AS DOUBLE)                AS w_enc,
    CAST(r.config ->> '$.scoring.lambda' AS DOUBLE)                   AS "lambda",
    CAST(r.config ->> '$.fit.seed' AS BIGINT)                      AS seed,
    -- settings of training stood in `fit` in runs of the first builds
    CAST(coalesce(r.config ->> '$.fit.network.epochs', r.config ->> '$.fit.epochs') AS BIGINT) AS epochs,
    CAST(coalesce(r.config ->> '$.fit.network.batch_size', r.config ->> '$.fit.batch_size') AS BIGINT) AS batch_size,
    CAST(coalesce(r.config ->> '$.fit.network.learning_rate', r.config ->> '$.fit.learning_rate') AS DOUBLE)
                                                                    AS learning_rate,
    CAST(coalesce(r.config ->> '$.fit.network.width', r.config ->> '$.fit.width') AS BIGINT) AS width,
    CAST(coalesce(r.config ->> '$.fit.network.latent_size', r.config ->> '$.fit.latent_size') AS BIGINT)
                                                                    AS latent_size,
    r.config ->> '$.scoring.score'                                  AS score,
    r.config ->> '$.scoring.batch_norm'                             AS batch_norm,
    CAST(r.config ->> '$.scoring.search_steps' AS BIGINT)          AS search_steps,
    f.device,
    r.fit_id,
    f.git_commit || CASE f.git_dirty WHEN 1 THEN '+' ELSE '' END    AS git_commit,
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
    f.digest                                                        AS dataset_digest,
    r.config ->> '$.scoring.residual'                               AS residual,
    -- of the trained generator, on held-out images: about 1 is well, near 0 is collapsed
    f.diversity,
    (
        SELECT group_concat(t.tag, ', ')
        FROM (SELECT tag FROM run_tags WHERE run_id = r.run_id ORDER BY tag) t
    )                                                               AS tags,
    (SELECT n.note FROM run_notes n WHERE n.run_id = r.run_id)      AS note,
    -- device, git_commit, host, version and command_line are those of the training, begun at this time
    f.started_at                                                    AS trained_at,
    r.judged_device,
    r.judged_commit,
    r.judged_command,
    -- what it was before it could be chosen, where the configuration does not say
    CAST(coalesce(CAST(r.config ->> '$.threshold_quantile' AS DOUBLE), 0.95) AS DOUBLE) AS threshold_quantile,
    -- share of the held-out images that the generator's images cover, and how far these are from training images, against
    -- how far held-out ones are
    f.coverage,
    f.novelty
FROM runs_table r
JOIN fits f ON f.fit_id = r.fit_id
JOIN leases l ON l.fit_id = r.fit_id
JOIN datasets d ON d.digest = f.digest;

CREATE VIEW tags AS
SELECT run_id, tag FROM run_tags;

CREATE VIEW metrics AS
SELECT s.fit_id, s.split, s.name, p.epoch, p.step, p.value
FROM metric_series s
JOIN metric_points p ON p.series = s.id;

CREATE VIEW scores AS
SELECT
    v.run_id,
    i.name AS image,
    CASE v.held_out WHEN 1 THEN 'held_out' ELSE i.split END AS split,
    i.label,
    v.score,
    v.residual,
    v.discrimination,
    v.latent,
    v.contextual,
    -- from 0 to 1 over the run's test images alone (Ye 2022)
    CAST(CASE WHEN i.split = 'test' THEN
        (v.score - min(v.score) OVER of_split)
        / nullif(max(v.score) OVER of_split - min(v.score) OVER of_split, 0)
    END AS DOUBLE) AS score_scaled,
    i.leaked,
    -- BLAKE3 of the image's content: the same image in two datasets has the same one
    i.hash AS image_hash,
    -- of test images: the chance that a normal image scores as high, as held-out ones tell it; low is anomalous
    v.conformal_p
FROM score_values v
JOIN images i ON i.id = v.image_id
WINDOW of_split AS (PARTITION BY v.run_id, i.split);

CREATE VIEW results AS
SELECT
    run_id, auroc, auroc_low, auroc_high, average_precision, best_accuracy, best_f1, threshold,
    accuracy, true_positive_rate, false_positive_rate, n_normal, n_anomaly, auroc_unleaked,
    n_leaked, pixel_auroc, pixel_auroc_full, lost_masks,
    partial_auroc, true_positive_rate_at_1, true_positive_rate_at_5, false_positive_rate_at_95,
    average_precision_unleaked, accuracy_unleaked, false_positive_rate_unleaked, pixel_auroc_unleaked,
    pixel_auroc_full_unleaked, pixel_average_precision, pixel_average_precision_unleaked, aupro, aupro_unleaked
FROM evaluations;

-- Over seeds. The deviation is that of a sample (n − 1). Its root is Newton's, as not every SQLite has sqrt(): from a
-- start within a factor of 4, six steps reach the last digit. A variance under 1e-14 is rounding alone.
CREATE VIEW leaderboard AS
SELECT
    dataset, model, image_size, channels, width, epochs, w_adv, w_con, w_enc, "lambda", score,
    batch_norm, search_steps, residual, seeds, auroc,
    CAST(CASE WHEN seeds < 2 THEN NULL WHEN variance < 1e-14 THEN 0.0 ELSE (root5 + variance / root5) / 2 END AS DOUBLE)
        AS auroc_deviation,
    auroc_min, auroc_max, diversity, auroc_unleaked, pixel_auroc, average_precision, best_accuracy, accuracy,
    true_positive_rate, false_positive_rate, train_seconds, score_seconds, device, git_commit,
    sweep, config, dataset_digest, pixel_auroc_full, average_precision_unleaked, accuracy_unleaked,
    false_positive_rate_unleaked, partial_auroc, pixel_average_precision, aupro, pixel_auroc_unleaked,
    pixel_auroc_full_unleaked, pixel_average_precision_unleaked, aupro_unleaked,
    -- settings of the model that were tried on the dataset: the best of many looks better than it is
    CAST(count(*) OVER (PARTITION BY dataset_digest, model) AS BIGINT) AS settings_tried
FROM (SELECT *, (root4 + variance / root4) / 2 AS root5
FROM (SELECT *, (root3 + variance / root3) / 2 AS root4
FROM (SELECT *, (root2 + variance / root2) / 2 AS root3
FROM (SELECT *, (root1 + variance / root1) / 2 AS root2
FROM (SELECT *, (root0 + variance / root0) / 2 AS root1
FROM (
    SELECT
        *,
        CASE
            WHEN variance >= 1e-2 THEN 3e-1
            WHEN variance >= 1e-4 THEN 3e-2
            WHEN variance >= 1e-6 THEN 3e-3
            WHEN variance >= 1e-8 THEN 3e-4
            WHEN variance >= 1e-10 THEN 3e-5
            WHEN variance >= 1e-12 THEN 3e-6
            ELSE 3e-7
        END AS root0
    FROM (
        SELECT
            -- one value each, as the settings are one
            min(r.dataset) AS dataset,
            min(r.model) AS model,
            min(r.image_size) AS image_size,
            min(r.channels) AS channels,
            min(r.width) AS width,
            min(r.epochs) AS epochs,
            min(r.w_adv) AS w_adv,
            min(r.w_con) AS w_con,
            min(r.w_enc) AS w_enc,
            min(r."lambda") AS "lambda",
            min(r.score) AS score,
            min(r.batch_norm) AS batch_norm,
            min(r.search_steps) AS search_steps,
            min(r.residual) AS residual,
            CAST(count(e.auroc) AS BIGINT) AS seeds,
            CAST(avg(e.auroc) AS DOUBLE) AS auroc,
            (sum(e.auroc * e.auroc) - count(e.auroc) * avg(e.auroc) * avg(e.auroc))
                / (count(e.auroc) - 1) AS variance,
            CAST(min(e.auroc) AS DOUBLE) AS auroc_min,
            CAST(max(e.auroc) AS DOUBLE) AS auroc_max,
            CAST(avg(e.auroc_unleaked) AS DOUBLE) AS auroc_unleaked,
            CAST(avg(e.pixel_auroc) AS DOUBLE) AS pixel_auroc,
            CAST(avg(e.pixel_auroc_full) AS DOUBLE) AS pixel_auroc_full,
            CAST(avg(e.pixel_auroc_unleaked) AS DOUBLE) AS pixel_auroc_unleaked,
            CAST(avg(e.pixel_auroc_full_unleaked) AS DOUBLE) AS pixel_auroc_full_unleaked,
            CAST(avg(e.pixel_average_precision) AS DOUBLE) AS pixel_average_precision,
            CAST(avg(e.pixel_average_precision_unleaked) AS DOUBLE) AS pixel_average_precision_unleaked,
            CAST(avg(e.aupro_unleaked) AS DOUBLE) AS aupro_unleaked,
            CAST(avg(e.aupro) AS DOUBLE) AS aupro,
            CAST(avg(e.partial_auroc) AS DOUBLE) AS partial_auroc,
            CAST(avg(e.average_precision) AS DOUBLE) AS average_precision,
            CAST(avg(e.average_precision_unleaked) AS DOUBLE) AS average_precision_unleaked,
            CAST(avg(e.accuracy_unleaked) AS DOUBLE) AS accuracy_unleaked,
            CAST(avg(e.false_positive_rate_unleaked) AS DOUBLE) AS false_positive_rate_unleaked,
            CAST(avg(e.best_accuracy) AS DOUBLE) AS best_accuracy,
            CAST(avg(e.accuracy) AS DOUBLE) AS accuracy,
            CAST(avg(e.true_positive_rate) AS DOUBLE) AS true_positive_rate,
            CAST(avg(e.false_positive_rate) AS DOUBLE) AS false_positive_rate,
            CAST(min(r.diversity) AS DOUBLE) AS diversity, -- of the worst seed
            CAST(avg(r.train_seconds) AS DOUBLE) AS train_seconds,
            CAST(avg(r.score_seconds) AS DOUBLE) AS score_seconds,
            group_concat(DISTINCT r.device) AS device,
            group_concat(DISTINCT r.git_commit) AS git_commit,
            group_concat(DISTINCT r.sweep) AS sweep,
            s.config,
            r.dataset_digest
        FROM runs r
        JOIN evaluations e ON e.run_id = r.run_id
        JOIN settings s ON s.run_id = r.run_id
        WHERE r.status = 'done'
        GROUP BY r.dataset_digest, s.config
    )
))))))
ORDER BY auroc DESC;
