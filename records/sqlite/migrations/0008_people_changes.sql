-- Which people changed, in order, so that an index in the memory of any program
-- on this folder can follow. Random IDs only. The newest 100,000 are kept; who
-- is further behind begins anew.

CREATE TABLE people_changes (
    seq        INTEGER PRIMARY KEY, -- grows by one; the newest row is never removed
    patient_id TEXT NOT NULL
) STRICT;
CREATE TRIGGER people_changes_bounded AFTER INSERT ON people_changes
BEGIN DELETE FROM people_changes WHERE seq <= NEW.seq - 100000; END;

CREATE TRIGGER patients_come AFTER INSERT ON patients
BEGIN INSERT INTO people_changes (patient_id) VALUES (NEW.id); END;
CREATE TRIGGER patients_change AFTER UPDATE ON patients
BEGIN INSERT INTO people_changes (patient_id) VALUES (NEW.id); END;
CREATE TRIGGER patients_go AFTER DELETE ON patients
BEGIN INSERT INTO people_changes (patient_id) VALUES (OLD.id); END;

-- Accession numbers.
CREATE TRIGGER orders_come AFTER INSERT ON orders
BEGIN INSERT INTO people_changes (patient_id) VALUES (NEW.patient_id); END;
CREATE TRIGGER orders_change AFTER UPDATE ON orders
BEGIN
    INSERT INTO people_changes (patient_id) VALUES (NEW.patient_id);
    INSERT INTO people_changes (patient_id) SELECT OLD.patient_id WHERE OLD.patient_id <> NEW.patient_id;
END;
CREATE TRIGGER orders_go AFTER DELETE ON orders
BEGIN INSERT INTO people_changes (patient_id) VALUES (OLD.patient_id); END;

CREATE TRIGGER examinations_come AFTER INSERT ON examinations WHEN NEW.patient_id IS NOT NULL
BEGIN INSERT INTO people_changes (patient_id) VALUES (NEW.patient_id); END;
CREATE TRIGGER examinations_change AFTER UPDATE ON examinations
BEGIN
    INSERT INTO people_changes (patient_id) SELECT NEW.patient_id WHERE NEW.patient_id IS NOT NULL;
    INSERT INTO people_changes (patient_id) SELECT OLD.patient_id WHERE OLD.patient_id IS NOT NULL AND OLD.patient_id IS NOT NEW.patient_id;
END;
CREATE TRIGGER examinations_go AFTER DELETE ON examinations WHEN OLD.patient_id IS NOT NULL
BEGIN INSERT INTO people_changes (patient_id) VALUES (OLD.patient_id); END;
