-- What doctors measured and drew on images by hand, version by version.
CREATE TABLE annotation_versions (
    uid       TEXT NOT NULL,
    version   INTEGER NOT NULL CHECK (version >= 1),
    study_uid TEXT NOT NULL REFERENCES examinations (study_uid) DEFERRABLE INITIALLY DEFERRED,
    state     TEXT NOT NULL,
    at        INTEGER NOT NULL,
    sealed    BLOB NOT NULL,
    PRIMARY KEY (uid, version)
) STRICT;
CREATE INDEX annotation_versions_by_study ON annotation_versions (study_uid);
CREATE TRIGGER annotation_versions_stay BEFORE UPDATE ON annotation_versions
BEGIN SELECT RAISE(ABORT, 'annotation_versions is append-only'); END;
CREATE TRIGGER annotation_versions_remain BEFORE DELETE ON annotation_versions
BEGIN SELECT RAISE(ABORT, 'annotation_versions is append-only'); END;
