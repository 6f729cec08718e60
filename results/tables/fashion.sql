-- Fashion-MNIST, each class normal once: AUROC, means over seeds, and their mean over the ten with what it is for one seed. (Brightness the other way round is 1 − AUROC.)
WITH asked AS (
    SELECT *, json_remove(config, '$.fit.seed') AS setting FROM runs JOIN results USING (run_id)
    WHERE sweep LIKE '%fashion%' AND sweep NOT LIKE 'gallery%'
), of_seeds AS (
    SELECT setting, seed, avg(auroc) AS mean FROM asked GROUP BY setting, seed
)
SELECT
    model,
    CASE model
        WHEN 'ganomaly' THEN score
        WHEN 'anogan' THEN 'judged by an encoder'
        WHEN 'pca' THEN (config ->> '$.fit.network.components') || ' components'
        WHEN 'brightness' THEN config ->> '$.scoring.direction'
        ELSE ''
    END AS settings,
    epochs,
    count(DISTINCT seed) AS seeds,
    count(DISTINCT iif(diversity < 0.3, fit_id, NULL)) AS "collapsed fits",
    printf('%.3f', avg(auroc)) AS mean,
    (SELECT printf('%.3f – %.3f', min(mean), max(mean)) FROM of_seeds WHERE of_seeds.setting = asked.setting) AS "least – most",
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
FROM asked
GROUP BY setting
HAVING coalesce(config ->> '$.scoring.direction', '') <> 'bright'
ORDER BY avg(auroc) DESC;
