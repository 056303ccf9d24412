-- The key pairs with which people sign reports: one in use for each user, those
-- before kept for what they signed.

CREATE TABLE signing_keys (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    sealed     BLOB NOT NULL -- the public half, and the private one wrapped by the password
) STRICT;
CREATE INDEX signing_keys_by_user ON signing_keys (user_id, created_at);
CREATE TRIGGER signing_keys_stay BEFORE UPDATE ON signing_keys
BEGIN SELECT RAISE(ABORT, 'signing_keys is append-only'); END;
CREATE TRIGGER signing_keys_remain BEFORE DELETE ON signing_keys
BEGIN SELECT RAISE(ABORT, 'signing_keys is append-only'); END;

-- Critical values (危急值): flagged, told, read back.
CREATE TABLE critical_events (
    id        TEXT PRIMARY KEY,
    value_id  TEXT NOT NULL, -- of the event that flagged it
    study_uid TEXT NOT NULL REFERENCES examinations (study_uid) DEFERRABLE INITIALLY DEFERRED,
    act       TEXT NOT NULL,
    at        INTEGER NOT NULL,
    sealed    BLOB NOT NULL
) STRICT;
CREATE INDEX critical_events_by_study ON critical_events (study_uid);
CREATE INDEX critical_events_by_value ON critical_events (value_id);
CREATE TRIGGER critical_events_stay BEFORE UPDATE ON critical_events
BEGIN SELECT RAISE(ABORT, 'critical_events is append-only'); END;
CREATE TRIGGER critical_events_remain BEFORE DELETE ON critical_events
BEGIN SELECT RAISE(ABORT, 'critical_events is append-only'); END;
