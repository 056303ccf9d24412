-- The medical record (电子病历) and the resident health record (电子健康档案) of a
-- person, the imports that they came from, and the data elements that fields
-- hold.

CREATE TABLE data_elements (
    entry   TEXT NOT NULL, -- table
    field   TEXT NOT NULL, -- of the sealed JSON
    element TEXT NOT NULL, -- data element of WS 363
    PRIMARY KEY (entry, field)
) STRICT;
INSERT INTO data_elements (entry, field, element) VALUES
    ('patients', 'name', 'DE02.01.039.00'),
    ('patients', 'id_type', 'DE02.01.031.00'),
    ('patients', 'id_number', 'DE02.01.030.00'),
    ('patients', 'sex', 'DE02.01.040.00'),
    ('patients', 'birth_date', 'DE02.01.005.01'),
    ('patients', 'phone', 'DE02.01.010.00'),
    ('visits', 'department', 'DE08.10.026.00'),
    ('orders', 'category', 'DE04.30.018.00'),
    ('diagnoses', 'code', 'DE05.01.024.00'),
    ('diagnoses', 'name', 'DE05.01.025.00'),
    ('laboratory_values', 'code', 'DE04.30.019.00'),
    ('laboratory_values', 'value', 'DE04.30.015.00'),
    ('laboratory_values', 'unit', 'DE04.30.016.00'),
    ('past_reports', 'category', 'DE04.30.018.00'),
    ('past_reports', 'findings', 'DE04.50.131.00'),
    ('past_reports', 'impression', 'DE04.50.132.00'),
    ('past_reports', 'institution', 'DE08.10.013.00'),
    ('past_reports', 'department', 'DE08.10.026.00'),
    ('past_reports', 'note', 'DE06.00.179.00');

CREATE TABLE health_records (
    patient_id TEXT PRIMARY KEY REFERENCES patients (id) DEFERRABLE INITIALLY DEFERRED,
    sealed     BLOB NOT NULL
) STRICT;

CREATE TABLE diagnoses (
    id         TEXT PRIMARY KEY,
    patient_id TEXT NOT NULL REFERENCES patients (id) DEFERRABLE INITIALLY DEFERRED,
    source_key BLOB NOT NULL UNIQUE, -- system and its ID of the entry
    visit_key  BLOB,                 -- number of the visit
    sealed     BLOB NOT NULL
) STRICT;
CREATE INDEX diagnoses_by_patient ON diagnoses (patient_id);

CREATE TABLE allergies (
    id         TEXT PRIMARY KEY,
    patient_id TEXT NOT NULL REFERENCES patients (id) DEFERRABLE INITIALLY DEFERRED,
    source_key BLOB NOT NULL UNIQUE,
    visit_key  BLOB,
    sealed     BLOB NOT NULL
) STRICT;
CREATE INDEX allergies_by_patient ON allergies (patient_id);

CREATE TABLE laboratory_values (
    id         TEXT PRIMARY KEY,
    patient_id TEXT NOT NULL REFERENCES patients (id) DEFERRABLE INITIALLY DEFERRED,
    source_key BLOB NOT NULL UNIQUE,
    visit_key  BLOB,
    sealed     BLOB NOT NULL
) STRICT;
CREATE INDEX laboratory_values_by_patient ON laboratory_values (patient_id);

CREATE TABLE past_reports (
    id         TEXT PRIMARY KEY,
    patient_id TEXT NOT NULL REFERENCES patients (id) DEFERRABLE INITIALLY DEFERRED,
    source_key BLOB NOT NULL UNIQUE,
    visit_key  BLOB,
    sealed     BLOB NOT NULL
) STRICT;
CREATE INDEX past_reports_by_patient ON past_reports (patient_id);

-- Which column of a source's files holds what, as a person confirmed it.
CREATE TABLE import_mappings (
    name_key BLOB PRIMARY KEY,
    sealed   BLOB NOT NULL
) STRICT;

CREATE TABLE import_batches (
    id     TEXT PRIMARY KEY,
    at     INTEGER NOT NULL,
    state  TEXT NOT NULL, -- stored, undone, undone_in_part
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX import_batches_by_time ON import_batches (at);

-- What a batch changed: the entry before and after, in the order of the changes.
CREATE TABLE import_changes (
    batch_id TEXT NOT NULL REFERENCES import_batches (id) DEFERRABLE INITIALLY DEFERRED,
    seq      INTEGER NOT NULL CHECK (seq >= 1),
    undone   INTEGER NOT NULL DEFAULT 0, -- 1: taken back
    sealed   BLOB NOT NULL,
    PRIMARY KEY (batch_id, seq)
) STRICT;

-- Messages that were taken, so that the same one again changes nothing.
CREATE TABLE import_messages (
    message_key BLOB PRIMARY KEY,
    batch_id    TEXT NOT NULL REFERENCES import_batches (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

-- Rows that contradict a person of the register, for somebody to decide.
CREATE TABLE import_reviews (
    id       TEXT PRIMARY KEY,
    row_key  BLOB NOT NULL UNIQUE, -- the row: the same one again waits once
    batch_id TEXT NOT NULL REFERENCES import_batches (id) DEFERRABLE INITIALLY DEFERRED,
    at       INTEGER NOT NULL,
    state    TEXT NOT NULL, -- open, used, dropped
    sealed   BLOB NOT NULL
) STRICT;
CREATE INDEX import_reviews_by_state ON import_reviews (state, at);
