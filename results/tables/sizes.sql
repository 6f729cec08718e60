-- By the size of the images (clouds, of 32×32 pixels, are enlarged): mean AUROC over seeds, least and most.
SELECT
    dataset,
    model,
    iif(model = 'anogan', 'judged by an encoder', coalesce(score, '')) AS score,
    count(DISTINCT seed) AS seeds,
    printf('%.3f (%.3f – %.3f)', avg(auroc) FILTER (WHERE image_size = 32),
        min(auroc) FILTER (WHERE image_size = 32), max(auroc) FILTER (WHERE image_size = 32)) AS "32×32",
    printf('%.3f (%.3f – %.3f)', avg(auroc) FILTER (WHERE image_size = 64),
        min(auroc) FILTER (WHERE image_size = 64), max(auroc) FILTER (WHERE image_size = 64)) AS "64×64",
    printf('%.3f (%.3f – %.3f)', avg(auroc) FILTER (WHERE image_size = 128),
        min(auroc) FILTER (WHERE image_size = 128), max(auroc) FILTER (WHERE image_size = 128)) AS "128×128",
    iif(min(diversity) IS NULL, '', printf('%.2f', min(diversity))) AS "least diversity"
FROM runs JOIN results USING (run_id)
WHERE sweep LIKE '%sizes-%'
GROUP BY dataset, model, score
ORDER BY dataset, model, score;
