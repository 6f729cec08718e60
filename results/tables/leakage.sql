-- Castings trained on all images, judged with and without what is near to them, and trained without what is near a test image.
SELECT
    model,
    coalesce(score, '') AS score,
    count(DISTINCT seed) AS seeds,
    printf('%.3f', avg(auroc) FILTER (WHERE sweep LIKE '%keep%')) AS "trained on all",
    printf('%.3f', avg(auroc_unleaked) FILTER (WHERE sweep LIKE '%keep%')) AS "the same, without near test images",
    printf('%.3f', avg(auroc) FILTER (WHERE sweep LIKE '%drop%')) AS "trained without near images",
    printf('%+.3f', avg(auroc_unleaked) FILTER (WHERE sweep LIKE '%keep%') - avg(auroc) FILTER (WHERE sweep LIKE '%keep%'))
        AS "judging without them",
    printf('%+.3f', avg(auroc) FILTER (WHERE sweep LIKE '%drop%') - avg(auroc) FILTER (WHERE sweep LIKE '%keep%'))
        AS "training without them",
    max(n_leaked) FILTER (WHERE sweep LIKE '%keep%') AS "near test images"
FROM runs JOIN results USING (run_id)
WHERE sweep LIKE '%leakage-casting%'
GROUP BY model, score
ORDER BY avg(auroc) DESC;
