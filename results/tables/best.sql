-- The chosen settings and arithmetic on the report half of the test images. (Brightness the other way round is 1 − AUROC.)
SELECT
    dataset,
    image_size || '×' || image_size || '×' || channels AS size,
    model,
    CASE model
        WHEN 'ganomaly' THEN score || iif(score = 'latent', '', ', ' || residual)
        WHEN 'anogan' THEN
            iif(search_steps = 0, 'judged by an encoder', search_steps || ' search steps from its guess')
            || ', λ ' || "lambda" || iif("lambda" < 1, ', ' || residual, '')
        WHEN 'pca' THEN (config ->> '$.fit.network.components') || ' components, ' || residual
        WHEN 'brightness' THEN config ->> '$.scoring.direction'
        ELSE ''
    END AS settings,
    width,
    epochs,
    count(*) AS seeds,
    printf('%.3f', avg(auroc)) AS AUROC,
    printf('%.3f – %.3f', min(auroc), max(auroc)) AS "least – most",
    printf('%.3f', avg(auroc_unleaked)) AS "without leaked",
    printf('%.2f', avg(true_positive_rate)) AS "true positive rate",
    printf('%.2f', avg(false_positive_rate)) AS "false positive rate",
    iif(min(diversity) IS NULL, '', printf('%.2f', min(diversity))) AS "least diversity"
FROM runs JOIN results USING (run_id)
WHERE sweep LIKE '%best-%'
GROUP BY dataset_digest, json_remove(config, '$.fit.seed')
HAVING NOT (model = 'brightness' AND avg(auroc) < 0.5)
ORDER BY dataset, avg(auroc) DESC, settings;
