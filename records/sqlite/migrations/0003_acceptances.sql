-- What this site measured of a model version, and who accepted it.

CREATE TABLE acceptances (
    id           TEXT PRIMARY KEY,
    model_sha256 TEXT NOT NULL, -- of model.onnx: another file is another model
    model        TEXT NOT NULL, -- id@version
    act          TEXT NOT NULL,
    at           INTEGER NOT NULL,
    sealed       BLOB NOT NULL
) STRICT;
CREATE INDEX acceptances_by_model ON acceptances (model, model_sha256);
CREATE TRIGGER acceptances_stay BEFORE UPDATE ON acceptances
BEGIN SELECT RAISE(ABORT, 'acceptances is append-only'); END;
CREATE TRIGGER acceptances_remain BEFORE DELETE ON acceptances
BEGIN SELECT RAISE(ABORT, 'acceptances is append-only'); END;
