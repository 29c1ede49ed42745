-- From version 2 to 3: what later sessions learn from.
--
-- What stood when a signal fired; a signal from before this version has 0 there, "not known".
-- `rules` of a session names the thresholds its signals were found with, '' where nobody noted it.

ALTER TABLE signals ADD COLUMN volume_ratio INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signals ADD COLUMN depth_ratio INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signals ADD COLUMN spread_ratio INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signals ADD COLUMN change_ppm INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signals ADD COLUMN imbalance_ppm INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signals ADD COLUMN spread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signals ADD COLUMN ready_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE signals ADD COLUMN volatility INTEGER NOT NULL DEFAULT 0;

ALTER TABLE sessions ADD COLUMN rules TEXT NOT NULL DEFAULT '';
