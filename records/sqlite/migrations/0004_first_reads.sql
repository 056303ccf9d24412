-- A doctor's own impression of a study, saved before what a model proposes
-- about it is shown to them.

CREATE TABLE first_reads (
    id        TEXT PRIMARY KEY,
    study_uid TEXT NOT NULL REFERENCES examinations (study_uid) DEFERRABLE INITIALLY DEFERRED,
    model_id  TEXT NOT NULL,
    user_id   TEXT NOT NULL,
    at        INTEGER NOT NULL,
    sealed    BLOB NOT NULL,
    UNIQUE (study_uid, model_id, user_id)
) STRICT;
CREATE INDEX first_reads_by_time ON first_reads (at);
CREATE TRIGGER first_reads_stay BEFORE UPDATE ON first_reads
BEGIN SELECT RAISE(ABORT, 'first_reads is append-only'); END;
CREATE TRIGGER first_reads_remain BEFORE DELETE ON first_reads
BEGIN SELECT RAISE(ABORT, 'first_reads is append-only'); END;
