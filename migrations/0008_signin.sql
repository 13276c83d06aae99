-- Signing in with a browser, and what is under way until it is complete.

-- Browser sessions. A row holds while its subject has the same credential_version: a changed password, a lost right
-- or a disabled account ends it at once. digest: SHA-256 of the cookie. wrong_codes: codes of devices that were guessed.
CREATE TABLE browser_sessions (
    digest             TEXT COLLATE "BINARY" PRIMARY KEY,
    subject_id         TEXT NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    credential_version BIGINT NOT NULL,
    provider_sid       TEXT COLLATE "BINARY",
    signed_in_at       BIGINT NOT NULL,
    last_used_at       BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL,
    wrong_codes        BIGINT NOT NULL,
    address            TEXT,
    agent              TEXT
);
CREATE INDEX browser_sessions_by_subject ON browser_sessions (subject_id);
CREATE INDEX browser_sessions_by_end ON browser_sessions (expires_at);

-- What a secret is good for once: a sign-in with a provider, a device that waits for its approval, an invitation.
-- digest, user_code: SHA-256 of what was handed out. details: JSON, nothing secret. network: what the address is
-- counted under. subject_id: whom an invitation is for, or who approved a device; credential_version: theirs at that
-- time.
CREATE TABLE signin_flows (
    digest             TEXT COLLATE "BINARY" PRIMARY KEY,
    kind               TEXT NOT NULL CHECK (kind IN ('browser', 'device', 'invitation')),
    user_code          TEXT COLLATE "BINARY" UNIQUE,
    details            TEXT NOT NULL,
    address            TEXT,
    network            TEXT,
    subject_id         TEXT REFERENCES subjects (id) ON DELETE CASCADE,
    credential_version BIGINT,
    outcome            TEXT CHECK (outcome IN ('approved', 'denied')),
    polled_at          BIGINT,
    created_at         BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL
);
CREATE INDEX signin_flows_by_subject ON signin_flows (subject_id);
CREATE INDEX signin_flows_by_end ON signin_flows (expires_at);
CREATE INDEX signin_flows_by_network ON signin_flows (kind, network, expires_at);

-- origin: how an access key was made, NULL for the administration API. last_address: from where it was last used.
ALTER TABLE access_keys ADD COLUMN origin TEXT CHECK (origin IN ('browser', 'device'));
ALTER TABLE access_keys ADD COLUMN last_address TEXT;
