-- GANomaly's loss weights on castings: mean AUROC over seeds, least and most.
SELECT
    w_adv,
    w_con,
    w_enc,
    count(*) / 2 AS seeds,
    printf('%.3f', avg(auroc) FILTER (WHERE score = 'latent')) AS latent,
    printf('%.3f – %.3f', min(auroc) FILTER (WHERE score = 'latent'), max(auroc) FILTER (WHERE score = 'latent'))
        AS "latent, least – most",
    printf('%.3f', avg(auroc) FILTER (WHERE score = 'contextual')) AS contextual,
    printf('%.3f – %.3f', min(auroc) FILTER (WHERE score = 'contextual'), max(auroc) FILTER (WHERE score = 'contextual'))
        AS "contextual, least – most",
    printf('%.2f', min(diversity)) AS "least diversity"
FROM runs JOIN results USING (run_id)
WHERE sweep LIKE '%rich-casting%' AND model = 'ganomaly'
GROUP BY w_adv, w_con, w_enc
ORDER BY w_adv, w_con, w_enc;
