-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- The results database, version 2.  Whatever a report says comes from here;
-- verdicts are computed, never stored.
--
-- Row identifiers are the 63 low bits of a fixed hash of the natural key, so
-- resumed, parallel, sharded and merged databases are equal table by table.
-- Wall-clock data sits only in run_wall and log.
PRAGMA application_id = 0x53484f54;
PRAGMA user_version = 2;

-- One scenario, resolved, under one model and one master seed.
-- command: the command line (or several, with &&) that makes the whole study.
CREATE TABLE study(id INTEGER PRIMARY KEY, name TEXT NOT NULL,
  question TEXT NOT NULL, version TEXT NOT NULL, model_hash TEXT NOT NULL,
  scenario_hash TEXT NOT NULL, master_seed INTEGER NOT NULL,
  math_probe TEXT NOT NULL, source TEXT NOT NULL,
  resolved TEXT NOT NULL CHECK(json_valid(resolved)),
  not_modelled TEXT NOT NULL, command TEXT NOT NULL DEFAULT '',
  UNIQUE(scenario_hash, model_hash, master_seed)) STRICT;

-- Designs in the order of the scenario; exactly one is the baseline.
CREATE TABLE study_design(study INTEGER NOT NULL REFERENCES study(id),
  ordinal INTEGER NOT NULL, design TEXT NOT NULL,
  baseline INTEGER NOT NULL CHECK(baseline IN (0,1)),
  PRIMARY KEY(study, ordinal)) STRICT, WITHOUT ROWID;

-- Metrics that the scenario asks for, in its order.
-- quantile: 0 the value itself, else 50, 95, 99 or 999 (per mille) of the histogram.
CREATE TABLE study_metric(study INTEGER NOT NULL REFERENCES study(id),
  ordinal INTEGER NOT NULL, metric TEXT NOT NULL, quantile INTEGER NOT NULL,
  is_primary INTEGER NOT NULL CHECK(is_primary IN (0,1)),
  PRIMARY KEY(study, ordinal)) STRICT, WITHOUT ROWID;

-- One design at one sweep point.
CREATE TABLE config(id INTEGER PRIMARY KEY,
  study INTEGER NOT NULL REFERENCES study(id), design TEXT NOT NULL,
  config_hash TEXT NOT NULL,
  resolved TEXT NOT NULL CHECK(json_valid(resolved)),
  UNIQUE(study, config_hash)) STRICT;

-- Swept paths only.  number: NULL where the value is no quantity.
CREATE TABLE axis(config INTEGER NOT NULL REFERENCES config(id),
  path TEXT NOT NULL, value TEXT NOT NULL, number REAL, unit TEXT NOT NULL,
  ordinal INTEGER NOT NULL, PRIMARY KEY(config, path)) STRICT, WITHOUT ROWID;

CREATE TABLE parameter(config INTEGER NOT NULL REFERENCES config(id),
  path TEXT NOT NULL, value TEXT NOT NULL, unit TEXT NOT NULL,
  origin TEXT NOT NULL, given_at TEXT NOT NULL,
  PRIMARY KEY(config, path)) STRICT, WITHOUT ROWID;

-- One replication.  'oom': the simulated machine ran out of memory, which is a
-- result; of its metrics only what was cut off counts.  Runs that are neither
-- that nor 'ok' nor 'violation' have failed.
CREATE TABLE run(id INTEGER PRIMARY KEY,
  config INTEGER NOT NULL REFERENCES config(id),
  replication INTEGER NOT NULL CHECK(replication >= 1),
  status TEXT NOT NULL CHECK(status IN ('ok','violation','deadlock',
    'assertion','crash','timeout','memory','oom')),
  reason TEXT NOT NULL, replay TEXT NOT NULL, sim_ps INTEGER NOT NULL,
  warmup_ps INTEGER NOT NULL, events INTEGER NOT NULL,
  fingerprint TEXT NOT NULL, UNIQUE(config, replication)) STRICT;

CREATE TABLE run_wall(run INTEGER PRIMARY KEY REFERENCES run(id),
  wall_ns INTEGER NOT NULL, max_rss INTEGER NOT NULL, host TEXT NOT NULL,
  finished_utc TEXT NOT NULL) STRICT;

CREATE TABLE metric_def(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
  unit TEXT NOT NULL,
  kind TEXT NOT NULL CHECK(kind IN ('count','rate','ratio','tally','time_weighted')),
  better TEXT NOT NULL CHECK(better IN ('lower','higher','neither')),
  help TEXT NOT NULL) STRICT;

-- label: '' or a name of the metric's label list.  value NULL: no observation;
-- with a min: it was cut off by the end of the run and is at least min.
CREATE TABLE metric(run INTEGER NOT NULL REFERENCES run(id),
  metric INTEGER NOT NULL REFERENCES metric_def(id), label TEXT NOT NULL,
  value REAL, n INTEGER NOT NULL, sum REAL, sumsq REAL, min REAL, max REAL,
  PRIMARY KEY(run, metric, label)) STRICT, WITHOUT ROWID;

-- bins: LEB128 pairs (index delta, count), 64 bins per octave, in ps.
CREATE TABLE histogram(run INTEGER NOT NULL REFERENCES run(id),
  metric INTEGER NOT NULL REFERENCES metric_def(id), label TEXT NOT NULL,
  bins BLOB NOT NULL, PRIMARY KEY(run, metric, label)) STRICT, WITHOUT ROWID;

-- The first violations of a run in detail.
-- steps: JSON [{"t","cpu","who","what"}...] in time order.
CREATE TABLE violation(run INTEGER NOT NULL REFERENCES run(id),
  ordinal INTEGER NOT NULL, invariant TEXT NOT NULL, sim_ps INTEGER NOT NULL,
  expected INTEGER NOT NULL CHECK(expected IN (0,1)), summary TEXT NOT NULL,
  steps TEXT NOT NULL CHECK(json_valid(steps)),
  PRIMARY KEY(run, ordinal)) STRICT, WITHOUT ROWID;

-- All of them counted, zeros too; operations: how often it could have happened.
CREATE TABLE violation_count(run INTEGER NOT NULL REFERENCES run(id),
  invariant TEXT NOT NULL, count INTEGER NOT NULL, operations INTEGER NOT NULL,
  PRIMARY KEY(run, invariant)) STRICT, WITHOUT ROWID;

CREATE TABLE claim(id TEXT PRIMARY KEY, claim_hash TEXT NOT NULL,
  body TEXT NOT NULL CHECK(json_valid(body))) STRICT, WITHOUT ROWID;

CREATE TABLE claim_study(claim TEXT NOT NULL REFERENCES claim(id),
  role TEXT NOT NULL CHECK(role IN ('motivating','adversarial','phase',
    'ablation','sensitivity')),
  study INTEGER NOT NULL REFERENCES study(id),
  PRIMARY KEY(claim, role, study)) STRICT, WITHOUT ROWID;

-- A question of the debate: its file as JSON.
CREATE TABLE question(id TEXT PRIMARY KEY, question_hash TEXT NOT NULL,
  body TEXT NOT NULL CHECK(json_valid(body))) STRICT, WITHOUT ROWID;

-- Command lines, resumes, merges.
CREATE TABLE log(utc TEXT NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
