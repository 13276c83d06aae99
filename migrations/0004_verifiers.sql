-- How the registry of a service knows keys, and by which form of key id; NULL is what its profile says.
ALTER TABLE services ADD COLUMN trust TEXT;
ALTER TABLE services ADD COLUMN key_id TEXT;
