-- Fashion-MNIST, each class normal once: AUROC, means over seeds, and their mean over the ten.
SELECT
    model,
    CASE model
        WHEN 'ganomaly' THEN score
        WHEN 'anogan' THEN 'judged by an encoder'
        WHEN 'pca' THEN (config ->> '$.fit.network.components') || ' components'
        WHEN 'brightness' THEN config ->> '$.scoring.direction'
        ELSE ''
    END AS settings,
    count(DISTINCT seed) AS seeds,
    printf('%.3f', avg(auroc)) AS mean,
    printf('%.3f', avg(auroc) FILTER (WHERE dataset = 'T-shirts')) AS "T-shirts",
    printf('%.3f', avg(auroc) FILTER (WHERE dataset = 'trousers')) AS "trousers",
    printf('%.3f', avg(auroc) FILTER (WHERE dataset = 'pullovers')) AS "pullovers",
    printf('%.3f', avg(auroc) FILTER (WHERE dataset = 'dresses')) AS "dresses",
    printf('%.3f', avg(auroc) FILTER (WHERE dataset = 'coats')) AS "coats",
    printf('%.3f', avg(auroc) FILTER (WHERE dataset = 'sandals')) AS "sandals",
    printf('%.3f', avg(auroc) FILTER (WHERE dataset = 'shirts')) AS "shirts",
    printf('%.3f', avg(auroc) FILTER (WHERE dataset = 'sneakers')) AS "sneakers",
    printf('%.3f', avg(auroc) FILTER (WHERE dataset = 'bags')) AS "bags",
    printf('%.3f', avg(auroc) FILTER (WHERE dataset = 'ankle boots')) AS "ankle boots"
FROM runs JOIN results USING (run_id)
WHERE sweep LIKE '%fashion%' AND sweep NOT LIKE 'gallery%'
GROUP BY json_remove(config, '$.fit.seed')
ORDER BY avg(auroc) DESC;
