-- More measures of a run's scores, and all of them without leaked test images; runs that were judged before have none.
ALTER TABLE evaluations ADD COLUMN partial_auroc REAL;
ALTER TABLE evaluations ADD COLUMN true_positive_rate_at_1 REAL;
ALTER TABLE evaluations ADD COLUMN true_positive_rate_at_5 REAL;
ALTER TABLE evaluations ADD COLUMN false_positive_rate_at_95 REAL;
ALTER TABLE evaluations ADD COLUMN average_precision_unleaked REAL;
ALTER TABLE evaluations ADD COLUMN accuracy_unleaked REAL;
ALTER TABLE evaluations ADD COLUMN false_positive_rate_unleaked REAL;
ALTER TABLE evaluations ADD COLUMN pixel_auroc_unleaked REAL;
ALTER TABLE evaluations ADD COLUMN pixel_auroc_full_unleaked REAL;
ALTER TABLE evaluations ADD COLUMN pixel_average_precision REAL;
ALTER TABLE evaluations ADD COLUMN pixel_average_precision_unleaked REAL;
ALTER TABLE evaluations ADD COLUMN aupro REAL;
ALTER TABLE evaluations ADD COLUMN aupro_unleaked REAL;

-- The same of each sweep's own masks.
ALTER TABLE pixel_results ADD COLUMN pixel_auroc_unleaked REAL;
ALTER TABLE pixel_results ADD COLUMN pixel_auroc_full_unleaked REAL;
ALTER TABLE pixel_results ADD COLUMN pixel_average_precision REAL;
ALTER TABLE pixel_results ADD COLUMN pixel_average_precision_unleaked REAL;
ALTER TABLE pixel_results ADD COLUMN aupro REAL;
ALTER TABLE pixel_results ADD COLUMN aupro_unleaked REAL;

-- Of a test image: the chance that a normal image scores as high, (1 + held-out ones that do) / (n + 1).
ALTER TABLE score_values ADD COLUMN conformal_p REAL;
