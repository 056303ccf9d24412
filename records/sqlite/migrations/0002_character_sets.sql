-- In which character set a device writes the text of its headers, as a person
-- chose it.

CREATE TABLE character_sets (
    device_key TEXT PRIMARY KEY, -- keyed hash of manufacturer, station name, AE title and the declared character set
    at         INTEGER NOT NULL,
    sealed     BLOB NOT NULL
) STRICT;
