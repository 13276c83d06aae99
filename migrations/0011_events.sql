-- Whether the events that the registry of a service reports are recorded.
ALTER TABLE services ADD COLUMN events BIGINT NOT NULL DEFAULT 1 CHECK (events IN (0, 1));
