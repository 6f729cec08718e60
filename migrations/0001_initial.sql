-- Tables may change with later migrations; the views at the end are a promise.

CREATE TABLE datasets (
    digest TEXT PRIMARY KEY,
    title  TEXT NOT NULL,
    spec   TEXT NOT NULL -- JSON
);

CREATE TABLE images (
    id       INTEGER PRIMARY KEY,
    digest   TEXT    NOT NULL REFERENCES datasets (digest),
    position INTEGER NOT NULL, -- index in the dataset
    name     TEXT    NOT NULL,
    split    TEXT    NOT NULL CHECK (split IN ('train', 'test')),
    label    TEXT    NOT NULL CHECK (label IN ('normal', 'anomaly')),
    leaked   INTEGER NOT NULL, -- a test image whose bytes stand in the training images
    UNIQUE (digest, position)
);

CREATE TABLE fits (
    fit_id            TEXT PRIMARY KEY,
    config            TEXT NOT NULL, -- JSON
    digest            TEXT NOT NULL REFERENCES datasets (digest),
    status            TEXT NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'done', 'failed', 'diverged', 'interrupted')),
    lease_token       TEXT,    -- who works on it
    lease_until       REAL,    -- seconds since 1970; past it, whoever held it is dead
    attempts          INTEGER NOT NULL DEFAULT 0,
    progress          REAL    NOT NULL DEFAULT 0, -- 0 to 1, training and scoring together
    stage             TEXT,    -- what is being done, in words
    device            TEXT,
    host              TEXT,
    git_commit        TEXT,
    git_dirty         INTEGER,
    version           TEXT,
    burn_version      TEXT,
    command_line      TEXT,
    started_at        TEXT,
    finished_at       TEXT,
    train_seconds     REAL,
    images_per_second REAL,
    weights           TEXT,    -- BLAKE3 of the weights file
    error             TEXT
);

CREATE TABLE runs_table (
    run_id        TEXT PRIMARY KEY,
    fit_id        TEXT NOT NULL REFERENCES fits (fit_id),
    config        TEXT NOT NULL, -- JSON
    status        TEXT NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'done', 'failed', 'diverged', 'interrupted')),
    queued_at     TEXT NOT NULL,
    started_at    TEXT,
    finished_at   TEXT,
    score_seconds REAL,
    error         TEXT
);
CREATE INDEX runs_of_fit ON runs_table (fit_id);

CREATE TABLE sweeps (
    name       TEXT PRIMARY KEY,
    file       TEXT NOT NULL,
    text       TEXT NOT NULL, -- the TOML
    digest     TEXT NOT NULL REFERENCES datasets (digest),
    started_at TEXT NOT NULL
);

CREATE TABLE sweep_runs (
    sweep    TEXT    NOT NULL REFERENCES sweeps (name),
    run_id   TEXT    NOT NULL REFERENCES runs_table (run_id),
    position INTEGER NOT NULL,
    PRIMARY KEY (sweep, run_id)
) WITHOUT ROWID;
CREATE INDEX sweeps_of_run ON sweep_runs (run_id);

CREATE TABLE metric_values (
    fit_id TEXT    NOT NULL REFERENCES fits (fit_id),
    split  TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    epoch  INTEGER NOT NULL,
    step   INTEGER NOT NULL,
    value  REAL    NOT NULL,
    PRIMARY KEY (fit_id, split, name, epoch)
) WITHOUT ROWID;

CREATE TABLE score_values (
    run_id   TEXT    NOT NULL REFERENCES runs_table (run_id),
    image_id INTEGER NOT NULL REFERENCES images (id),
    held_out INTEGER NOT NULL, -- a normal training image kept out of training
    score    REAL    NOT NULL,
    residual       REAL,
    discrimination REAL,
    latent         REAL,
    contextual     REAL,
    PRIMARY KEY (run_id, image_id)
) WITHOUT ROWID;

CREATE TABLE evaluations (
    run_id            TEXT PRIMARY KEY REFERENCES runs_table (run_id),
    auroc             REAL,
    auroc_low         REAL,
    auroc_high        REAL,
    average_precision REAL,
    best_accuracy     REAL,
    best_accuracy_threshold REAL,
    best_f1           REAL,
    best_f1_threshold REAL,
    threshold         REAL,
    accuracy          REAL,
    true_positive_rate  REAL,
    false_positive_rate REAL,
    n_normal          INTEGER NOT NULL,
    n_anomaly         INTEGER NOT NULL,
    auroc_unleaked    REAL,    -- without the test images that stand in the training images
    n_leaked          INTEGER NOT NULL,
    pixel_auroc       REAL     -- of residuals against masks, where masks are known
);

CREATE TABLE pictures (
    run_id         TEXT    NOT NULL REFERENCES runs_table (run_id),
    image_id       INTEGER NOT NULL REFERENCES images (id),
    role           TEXT    NOT NULL CHECK (role IN ('lowest', 'median', 'highest')),
    rank           INTEGER NOT NULL,
    actual         BLOB    NOT NULL, -- PNG
    reconstruction BLOB    NOT NULL, -- PNG
    PRIMARY KEY (run_id, image_id, role)
);

CREATE VIEW runs AS
SELECT
    r.run_id,
    (SELECT group_concat(s.sweep, ', ') FROM sweep_runs s WHERE s.run_id = r.run_id) AS sweep,
    r.status,
    r.config ->> '$.scoring.model'                AS model,
    d.title                                       AS dataset,
    r.config ->> '$.fit.image_size'               AS image_size,
    r.config ->> '$.fit.channels'                 AS channels,
    r.config ->> '$.fit.network.w_adv'            AS w_adv,
    r.config ->> '$.fit.network.w_con'            AS w_con,
    r.config ->> '$.fit.network.w_enc'            AS w_enc,
    r.config ->> '$.scoring.lambda'               AS lambda,
    r.config ->> '$.fit.seed'                     AS seed,
    r.config ->> '$.fit.epochs'                   AS epochs,
    r.config ->> '$.fit.batch_size'               AS batch_size,
    r.config ->> '$.fit.learning_rate'            AS learning_rate,
    r.config ->> '$.fit.width'                    AS width,
    r.config ->> '$.fit.latent_size'              AS latent_size,
    r.config ->> '$.scoring.score'                AS score,
    r.config ->> '$.scoring.batch_norm'           AS batch_norm,
    r.config ->> '$.scoring.search_steps'         AS search_steps,
    f.device,
    r.fit_id,
    f.git_commit || CASE f.git_dirty WHEN 1 THEN '+' ELSE '' END AS git_commit,
    r.started_at,
    r.finished_at,
    f.train_seconds,
    r.score_seconds,
    f.images_per_second,
    r.config,
    coalesce(r.error, f.error)                    AS error,
    r.queued_at,
    f.host,
    f.version,
    f.burn_version,
    f.command_line,
    f.digest                                      AS dataset_digest
FROM runs_table r
JOIN fits f ON f.fit_id = r.fit_id
JOIN datasets d ON d.digest = f.digest;

CREATE VIEW metrics AS
SELECT fit_id, split, name, epoch, step, value FROM metric_values;

CREATE VIEW scores AS
SELECT
    v.run_id,
    i.name AS image,
    CASE v.held_out WHEN 1 THEN 'held_out' ELSE i.split END AS split,
    i.label,
    v.score,
    v.residual,
    v.discrimination,
    v.latent,
    v.contextual,
    CASE WHEN v.held_out = 0 THEN
        (v.score - min(v.score) OVER plotted)
        / nullif(max(v.score) OVER plotted - min(v.score) OVER plotted, 0)
    END AS score_scaled,
    i.leaked
FROM score_values v
JOIN images i ON i.id = v.image_id
WINDOW plotted AS (PARTITION BY v.run_id, v.held_out);

CREATE VIEW results AS
SELECT
    run_id, auroc, auroc_low, auroc_high, average_precision, best_accuracy, best_f1, threshold,
    accuracy, true_positive_rate, false_positive_rate, n_normal, n_anomaly, auroc_unleaked,
    n_leaked, pixel_auroc
FROM evaluations;

-- Over seeds. The deviation is that of a sample (n − 1); its root is Newton's, because SQLite has
-- sqrt() only where it was built with it.
CREATE VIEW leaderboard AS
SELECT
    dataset, model, image_size, channels, width, epochs, w_adv, w_con, w_enc, lambda, score,
    batch_norm, search_steps, seeds, auroc,
    CASE
        WHEN seeds < 2 THEN NULL
        WHEN variance <= 0 THEN 0.0
        ELSE (
            WITH RECURSIVE newton (step, root) AS (
                SELECT 0, 0.5
                UNION ALL
                SELECT step + 1, (root + variance / root) / 2 FROM newton WHERE step < 40
            )
            SELECT root FROM newton WHERE step = 40
        )
    END AS auroc_deviation,
    auroc_min, auroc_max, auroc_unleaked, average_precision, best_accuracy, accuracy,
    true_positive_rate, false_positive_rate, train_seconds, score_seconds, device, git_commit,
    sweep, config
FROM (
    SELECT
        r.dataset, r.model, r.image_size, r.channels, r.width, r.epochs, r.w_adv, r.w_con, r.w_enc,
        r.lambda, r.score, r.batch_norm, r.search_steps,
        count(e.auroc) AS seeds,
        avg(e.auroc) AS auroc,
        (sum(e.auroc * e.auroc) - count(e.auroc) * avg(e.auroc) * avg(e.auroc))
            / (count(e.auroc) - 1) AS variance,
        min(e.auroc) AS auroc_min,
        max(e.auroc) AS auroc_max,
        avg(e.auroc_unleaked) AS auroc_unleaked,
        avg(e.average_precision) AS average_precision,
        avg(e.best_accuracy) AS best_accuracy,
        avg(e.accuracy) AS accuracy,
        avg(e.true_positive_rate) AS true_positive_rate,
        avg(e.false_positive_rate) AS false_positive_rate,
        avg(r.train_seconds) AS train_seconds,
        avg(r.score_seconds) AS score_seconds,
        group_concat(DISTINCT r.device) AS device,
        group_concat(DISTINCT r.git_commit) AS git_commit,
        r.sweep,
        json_remove(r.config, '$.fit.seed') AS config
    FROM runs r
    JOIN evaluations e ON e.run_id = r.run_id
    WHERE r.status = 'done'
    GROUP BY r.dataset_digest, json_remove(r.config, '$.fit.seed')
)
ORDER BY auroc DESC;
