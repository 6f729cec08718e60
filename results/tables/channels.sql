-- Castings, whose images are gray, by the number of channels: mean AUROC over seeds, least and most.
SELECT
    model,
    iif(model = 'anogan', 'judged by an encoder', coalesce(score, '')) AS score,
    count(DISTINCT seed) AS seeds,
    printf('%.3f (%.3f – %.3f)', avg(auroc) FILTER (WHERE channels = 1),
        min(auroc) FILTER (WHERE channels = 1), max(auroc) FILTER (WHERE channels = 1)) AS "one channel",
    printf('%.3f (%.3f – %.3f)', avg(auroc) FILTER (WHERE channels = 3),
        min(auroc) FILTER (WHERE channels = 3), max(auroc) FILTER (WHERE channels = 3)) AS "three channels",
    iif(max(coverage) IS NULL, '', printf('%.2f', max(coverage))) AS "greatest coverage"
FROM runs JOIN results USING (run_id)
WHERE sweep LIKE '%channels-casting%'
GROUP BY model, score
ORDER BY model, score;
