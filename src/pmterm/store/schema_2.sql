-- From version 1 to 2: what real accounts need.
--
-- What was written before was paper: settled at once, of the first outcome as the YES scale has it,
-- and ordered by us.

ALTER TABLE orders ADD COLUMN venue_order TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN outcome INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN is_foreign INTEGER NOT NULL DEFAULT 0;

-- `state` is how far its settlement has come; a failed fill never was and counts in no sum.
ALTER TABLE fills ADD COLUMN outcome INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fills ADD COLUMN state TEXT NOT NULL DEFAULT 'confirmed';

ALTER TABLE positions ADD COLUMN settling INTEGER NOT NULL DEFAULT 0;

-- Corrections of what is held that no fill explains, each with its reason.
CREATE TABLE adjustments (
    at      INTEGER NOT NULL,
    session TEXT    NOT NULL,
    market  TEXT    NOT NULL,
    outcome INTEGER NOT NULL,
    qty     INTEGER NOT NULL,
    price   INTEGER NOT NULL,
    reason  TEXT    NOT NULL
) STRICT;
CREATE INDEX adjustments_by_market ON adjustments (market, at);
