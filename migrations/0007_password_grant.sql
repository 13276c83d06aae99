-- Whether passwords are accepted by grant_type=password for a service; they always are by Basic.
ALTER TABLE services ADD COLUMN password_grant BIGINT NOT NULL DEFAULT 1 CHECK (password_grant IN (0, 1));
