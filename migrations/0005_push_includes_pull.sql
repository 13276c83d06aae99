-- Whether `push` is read as `pull,push` for a service; NULL is what its profile says.
ALTER TABLE services ADD COLUMN push_includes_pull BIGINT CHECK (push_includes_pull IN (0, 1));
