-- The record: people, visits, orders, examinations, findings, reports,
-- consults, deliveries, users, settings, audit.
--
-- A column named sealed holds JSON under AES-256-GCM, bound to table, column
-- and row. A column that ends in _key holds a keyed hash for exact look-up.
-- Plain columns are UIDs, random IDs, states, versions and times (nanoseconds
-- since 1970, UTC).

CREATE TABLE meta (
    key    TEXT PRIMARY KEY, -- key_check, audit_head
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE patients (
    id                TEXT PRIMARY KEY,
    id_key            BLOB UNIQUE, -- DE02.01.031.00 type and DE02.01.030.00 number
    id_number_key     BLOB,        -- the number whatever its type
    health_record_key BLOB UNIQUE,
    phone_key         BLOB,        -- DE02.01.010.00; families share one
    sealed            BLOB NOT NULL
) STRICT;
CREATE INDEX patients_by_id_number ON patients (id_number_key);
CREATE INDEX patients_by_phone ON patients (phone_key);

CREATE TABLE patient_numbers (
    patient_id TEXT NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    issuer_key BLOB NOT NULL, -- issuer and number
    number_key BLOB NOT NULL, -- the number whatever its issuer
    PRIMARY KEY (issuer_key, patient_id)
) STRICT;
CREATE INDEX patient_numbers_by_number ON patient_numbers (number_key);
CREATE INDEX patient_numbers_by_patient ON patient_numbers (patient_id);

CREATE TABLE visits (
    id         TEXT PRIMARY KEY,
    patient_id TEXT NOT NULL REFERENCES patients (id) DEFERRABLE INITIALLY DEFERRED,
    number_key BLOB NOT NULL,
    sealed     BLOB NOT NULL,
    UNIQUE (patient_id, number_key)
) STRICT;

CREATE TABLE orders (
    accession_key BLOB PRIMARY KEY,
    patient_id    TEXT NOT NULL REFERENCES patients (id) DEFERRABLE INITIALLY DEFERRED,
    sealed        BLOB NOT NULL
) STRICT;
CREATE INDEX orders_by_patient ON orders (patient_id);

CREATE TABLE examinations (
    study_uid  TEXT PRIMARY KEY,
    patient_id TEXT REFERENCES patients (id) DEFERRABLE INITIALLY DEFERRED,
    link       TEXT NOT NULL,
    sort_at    INTEGER NOT NULL, -- the study's time, or that of its import where the study has none
    sealed     BLOB NOT NULL
) STRICT;
CREATE INDEX examinations_by_time ON examinations (sort_at);
CREATE INDEX examinations_by_patient ON examinations (patient_id);
CREATE INDEX examinations_by_link ON examinations (link);

CREATE TABLE objects (
    sop_uid    TEXT PRIMARY KEY,
    study_uid  TEXT NOT NULL REFERENCES examinations (study_uid) DEFERRABLE INITIALLY DEFERRED,
    series_uid TEXT NOT NULL,
    sop_class  TEXT NOT NULL,
    modality   TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    size       INTEGER NOT NULL,
    file       TEXT NOT NULL
) STRICT;
CREATE INDEX objects_by_study ON objects (study_uid);

CREATE TABLE runs (
    id        TEXT PRIMARY KEY,
    study_uid TEXT NOT NULL REFERENCES examinations (study_uid) DEFERRABLE INITIALLY DEFERRED,
    at        INTEGER NOT NULL,
    sealed    BLOB NOT NULL
) STRICT;
CREATE INDEX runs_by_study ON runs (study_uid);

CREATE TABLE finding_versions (
    uid       TEXT NOT NULL,
    version   INTEGER NOT NULL CHECK (version >= 1),
    study_uid TEXT NOT NULL REFERENCES examinations (study_uid) DEFERRABLE INITIALLY DEFERRED,
    state     TEXT NOT NULL,
    at        INTEGER NOT NULL,
    sealed    BLOB NOT NULL,
    PRIMARY KEY (uid, version)
) STRICT;
CREATE INDEX finding_versions_by_study ON finding_versions (study_uid);
CREATE TRIGGER finding_versions_stay BEFORE UPDATE ON finding_versions
BEGIN SELECT RAISE(ABORT, 'finding_versions is append-only'); END;
CREATE TRIGGER finding_versions_remain BEFORE DELETE ON finding_versions
BEGIN SELECT RAISE(ABORT, 'finding_versions is append-only'); END;

CREATE TABLE reports (
    study_uid  TEXT PRIMARY KEY REFERENCES examinations (study_uid) DEFERRABLE INITIALLY DEFERRED,
    state      TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    sealed     BLOB NOT NULL
) STRICT;

CREATE TABLE signed_documents (
    document_id TEXT NOT NULL,
    version     INTEGER NOT NULL CHECK (version >= 1),
    study_uid   TEXT NOT NULL REFERENCES examinations (study_uid) DEFERRABLE INITIALLY DEFERRED,
    signed_at   INTEGER NOT NULL,
    canonical   BLOB NOT NULL, -- sealed: the bytes that were hashed
    sealed      BLOB NOT NULL, -- hashes, signer, time
    PRIMARY KEY (document_id, version)
) STRICT;
CREATE INDEX signed_documents_by_study ON signed_documents (study_uid);
CREATE TRIGGER signed_documents_stay BEFORE UPDATE ON signed_documents
BEGIN SELECT RAISE(ABORT, 'signed_documents is append-only'); END;
CREATE TRIGGER signed_documents_remain BEFORE DELETE ON signed_documents
BEGIN SELECT RAISE(ABORT, 'signed_documents is append-only'); END;

CREATE TABLE consults (
    id         TEXT PRIMARY KEY,
    patient_id TEXT NOT NULL REFERENCES patients (id) DEFERRABLE INITIALLY DEFERRED,
    state      TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    sealed     BLOB NOT NULL
) STRICT;
CREATE INDEX consults_by_patient ON consults (patient_id);

CREATE TABLE deliveries (
    id          TEXT PRIMARY KEY,
    document_id TEXT NOT NULL,
    version     INTEGER NOT NULL,
    destination TEXT NOT NULL,
    format      TEXT NOT NULL,
    state       TEXT NOT NULL,
    next_at     INTEGER NOT NULL, -- 0: at once
    created_at  INTEGER NOT NULL,
    sealed      BLOB NOT NULL,
    UNIQUE (document_id, version, destination, format),
    FOREIGN KEY (document_id, version) REFERENCES signed_documents (document_id, version) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX deliveries_due ON deliveries (state, next_at);

CREATE TABLE payloads (
    delivery_id TEXT PRIMARY KEY REFERENCES deliveries (id) DEFERRABLE INITIALLY DEFERRED,
    sealed      BLOB NOT NULL
) STRICT;
CREATE TRIGGER payloads_stay BEFORE UPDATE ON payloads
BEGIN SELECT RAISE(ABORT, 'a payload never changes'); END;

CREATE TABLE attempts (
    id          TEXT PRIMARY KEY,
    delivery_id TEXT NOT NULL REFERENCES deliveries (id) DEFERRABLE INITIALLY DEFERRED,
    sealed      BLOB NOT NULL
) STRICT;
CREATE INDEX attempts_by_delivery ON attempts (delivery_id);

CREATE TABLE users (
    id         TEXT PRIMARY KEY,
    login_key  BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    sealed     BLOB NOT NULL
) STRICT;

CREATE TABLE settings (
    key    TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE audit (
    seq    INTEGER PRIMARY KEY CHECK (seq >= 1),
    sealed BLOB NOT NULL, -- the canonical event, as it was chained
    mac    BLOB NOT NULL  -- HMAC-SM3 over the previous mac and the event
) STRICT;
CREATE TRIGGER audit_stay BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_remain BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
