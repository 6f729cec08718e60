-- Castings trained on all images, judged with and without what leaks, and trained without what is near a test image.
SELECT
    model,
    coalesce(score, '') AS score,
    count(DISTINCT seed) AS seeds,
    printf('%.3f', avg(auroc) FILTER (WHERE sweep LIKE '%keep%')) AS "trained on all",
    printf('%.3f', avg(auroc_unleaked) FILTER (WHERE sweep LIKE '%keep%')) AS "the same, without leaked test images",
    printf('%.3f', avg(auroc) FILTER (WHERE sweep LIKE '%drop%')) AS "trained without near images",
    max(n_leaked) FILTER (WHERE sweep LIKE '%keep%') AS "leaked test images"
FROM runs JOIN results USING (run_id)
WHERE sweep LIKE '%leakage-casting%'
GROUP BY model, score
ORDER BY avg(auroc) DESC;
