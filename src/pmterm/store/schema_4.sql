-- From version 3 to 4: signals that were followed to the end of their time.
--
-- Only these count in any rate. An outcome from before was written when the first half of the way
-- back was done, so nobody knows whether the rest of its time was seen: it has 0, "not known".

ALTER TABLE signal_outcomes ADD COLUMN is_whole INTEGER NOT NULL DEFAULT 0;
