-- A metric's epochs under a short key: a fit's id, a split and a name at each of them took three times the space.
CREATE TABLE metric_series (
    id     INTEGER PRIMARY KEY,
    fit_id TEXT NOT NULL REFERENCES fits (fit_id),
    split  TEXT NOT NULL,
    name   TEXT NOT NULL,
    UNIQUE (fit_id, split, name)
);

CREATE TABLE metric_points (
    series INTEGER NOT NULL REFERENCES metric_series (id),
    epoch  INTEGER NOT NULL,
    step   INTEGER NOT NULL,
    value  REAL    NOT NULL,
    PRIMARY KEY (series, epoch)
) WITHOUT ROWID;

INSERT INTO metric_series (fit_id, split, name)
SELECT DISTINCT fit_id, split, name FROM metric_values ORDER BY 1, 2, 3;

INSERT INTO metric_points
SELECT s.id, v.epoch, v.step, v.value
FROM metric_series s
CROSS JOIN metric_values v USING (fit_id, split, name) -- in this order of the tables, both are read in theirs
ORDER BY s.id, v.epoch;

DROP VIEW metrics;
DROP TABLE metric_values;

CREATE VIEW metrics AS
SELECT s.fit_id, s.split, s.name, p.epoch, p.step, p.value
FROM metric_series s
JOIN metric_points p ON p.series = s.id;
