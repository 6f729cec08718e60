-- The followed paper's four cells at its sizes, with its settings and with those of the models' authors.
SELECT
    dataset,
    image_size || '×' || image_size || '×' || channels AS size,
    model,
    CASE
        WHEN beta = 0.9 THEN 'Ye 2022'
        WHEN model = 'anogan' THEN 'Schlegl et al. 2017'
        WHEN batch_norm = 'batch' THEN 'Akcay et al. 2018, their code'
        ELSE 'Akcay et al. 2018'
    END AS settings,
    width,
    epochs,
    search_steps AS "search steps",
    count(*) AS seeds,
    printf('%.3f', avg(auroc)) AS AUROC,
    printf('%.3f – %.3f', min(auroc), max(auroc)) AS "least – most",
    printf('%.3f', avg(best_accuracy)) AS "best accuracy (tuned on the test set)",
    printf('%.3f', avg(accuracy)) AS "accuracy at threshold",
    iif(min(diversity) IS NULL, '', printf('%.2f', min(diversity))) AS "least diversity"
FROM (SELECT *, config ->> '$.fit.network.beta1' AS beta FROM runs) JOIN results USING (run_id)
WHERE sweep LIKE '%paper-%'
GROUP BY dataset_digest, json_remove(config, '$.fit.seed')
ORDER BY dataset, model, settings = 'Ye 2022' DESC, settings;
