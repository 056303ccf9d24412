-- The room lists consults by state. What each consult of before knows of its
-- flow (who asked for it, who decided, since when it is followed) becomes its
-- history, in the same transaction: consultHistories.

CREATE INDEX consults_by_state ON consults (state);
