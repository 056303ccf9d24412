-- Two entries of the register that are one person, as somebody said, and that
-- said back. The last act on an entry is what holds.

CREATE TABLE merges (
    id     TEXT PRIMARY KEY,
    gone   TEXT NOT NULL REFERENCES patients (id) DEFERRABLE INITIALLY DEFERRED,
    kept   TEXT NOT NULL REFERENCES patients (id) DEFERRABLE INITIALLY DEFERRED,
    act    TEXT NOT NULL, -- merge or unmerge
    at     INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX merges_by_gone ON merges (gone);
CREATE INDEX merges_by_kept ON merges (kept);
CREATE TRIGGER merges_stay BEFORE UPDATE ON merges
BEGIN SELECT RAISE(ABORT, 'merges is append-only'); END;
CREATE TRIGGER merges_remain BEFORE DELETE ON merges
BEGIN SELECT RAISE(ABORT, 'merges is append-only'); END;
