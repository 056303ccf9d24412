-- Phrases of the department and of single doctors. A phrase may name a doctor or
-- a hospital, so that all of it is sealed.
CREATE TABLE phrases (
    id     TEXT PRIMARY KEY,
    at     INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
