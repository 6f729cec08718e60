-- The leaderboard names all sweeps that a row's seeds come from, not one of them.
DROP VIEW leaderboard;

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
        group_concat(DISTINCT r.sweep) AS sweep,
        json_remove(r.config, '$.fit.seed') AS config
    FROM runs r
    JOIN evaluations e ON e.run_id = r.run_id
    WHERE r.status = 'done'
    GROUP BY r.dataset_digest, json_remove(r.config, '$.fit.seed')
)
ORDER BY auroc DESC;
