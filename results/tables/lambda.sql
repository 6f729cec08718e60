-- AnoGAN's λ on castings: mean AUROC over seeds, least and most.
SELECT
    "lambda" AS λ,
    count(*) / 2 AS seeds,
    printf('%.3f', avg(auroc) FILTER (WHERE weighing = 'raw')) AS raw,
    printf('%.3f – %.3f', min(auroc) FILTER (WHERE weighing = 'raw'), max(auroc) FILTER (WHERE weighing = 'raw'))
        AS "raw, least – most",
    printf('%.3f', avg(auroc) FILTER (WHERE weighing = 'standard')) AS standard,
    printf('%.3f – %.3f', min(auroc) FILTER (WHERE weighing = 'standard'), max(auroc) FILTER (WHERE weighing = 'standard'))
        AS "standard, least – most",
    printf('%.2f', min(diversity)) AS "least diversity"
FROM (SELECT *, coalesce(config ->> '$.scoring.weighing', 'raw') AS weighing FROM runs) JOIN results USING (run_id)
WHERE sweep LIKE '%rich-casting%' AND model = 'anogan'
GROUP BY "lambda"
ORDER BY "lambda";
