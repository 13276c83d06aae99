-- Whether the names that the registry of a service holds are served, to everybody those that they may pull.
ALTER TABLE services ADD COLUMN search BIGINT NOT NULL DEFAULT 0 CHECK (search IN (0, 1));
