"""Prints the values that the tests of src/eval compare with: needs numpy, scipy, scikit-learn and
statsmodels.

    python3 tests/parity/statistics.py
"""

import numpy as np
from scipy.stats import binomtest, gaussian_kde, norm
from sklearn.metrics import precision_recall_curve, roc_curve
from statsmodels.stats.multitest import multipletests


def placements(normal, anomaly):
    """DeLong's placements of the anomalies and of the normal images, over all pairs."""
    wins = (anomaly[:, None] > normal[None, :]) + 0.5 * (anomaly[:, None] == normal[None, :])
    return wins.mean(axis=1), wins.mean(axis=0)


def delong(normal, anomaly):
    of_anomaly, of_normal = placements(normal, anomaly)
    variance = of_anomaly.var(ddof=1) / len(anomaly) + of_normal.var(ddof=1) / len(normal)
    return of_anomaly.mean(), np.sqrt(variance)


def paired_delong(normal, anomaly, other_normal, other_anomaly):
    one, other = placements(normal, anomaly), placements(other_normal, other_anomaly)
    covariance = np.cov(one[0], other[0]) / len(anomaly) + np.cov(one[1], other[1]) / len(normal)
    difference = one[0].mean() - other[0].mean()
    deviation = np.sqrt(np.array([1, -1]) @ covariance @ np.array([1, -1]))
    return difference, deviation, 2 * norm.sf(abs(difference) / deviation)


# Hanley and McNeil (1982), table 1.
normal, anomaly = (np.repeat(np.arange(1.0, 6.0), n) for n in ([33, 6, 6, 11, 2], [3, 2, 2, 11, 33]))
print("DeLong: area, standard error", delong(normal, anomaly))

one = np.array([1.0, 2, 3, 4, 5, 6, 7, 8]), np.array([5.0, 7, 9, 10, 3, 11])
other = np.array([2.0, 1, 5, 3, 6, 4, 9, 7]), np.array([8.0, 4, 6, 10, 2, 9])
print("paired DeLong: difference, standard error, p", paired_delong(*one, *other))

labels, scores = [0] * 5 + [1] * 3, [0.1, 0.4, 0.35, 0.2, 0.5, 0.35, 0.8, 0.9]
print("ROC", roc_curve(labels, scores, drop_intermediate=False)[:2])
print("precision, recall", precision_recall_curve(labels, scores)[:2])

for successes, trials in ((13, 262), (0, 20), (20, 20), (3, 20)):
    print("Wilson", successes, trials, binomtest(successes, trials).proportion_ci(method="wilson"))

print("Holm", multipletests([0.01, 0.04, 0.03, 0.005, 0.5], method="holm")[1])

values = np.array([1.0, 2.0, 2.5, 4.0, 7.0])
quartiles = np.subtract(*np.percentile(values, [75, 25])) / 1.34
bandwidth = 0.9 * min(values.std(ddof=1), quartiles) * len(values) ** -0.2
print("density", bandwidth, gaussian_kde(values, bw_method=bandwidth / values.std(ddof=1))([0, 2, 3.3]))

for area in (0.8, 0.9, 0.95):
    print("binormal distance for AUROC", area, norm.ppf(area) * np.sqrt(2))
