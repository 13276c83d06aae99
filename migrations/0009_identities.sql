-- Who vouches for people: identity providers, and whom each vouched for.

-- settings: JSON. secret: JSON, sealed or the name of a file. held_at: since when nobody is cut off, because very
-- many were gone at once; unbraked_until: until when an administrator allowed that.
CREATE TABLE identity_providers (
    name           TEXT COLLATE "BINARY" PRIMARY KEY,
    kind           TEXT NOT NULL CHECK (kind IN ('oidc')),
    settings       TEXT NOT NULL,
    secret         TEXT,
    held_at        BIGINT,
    unbraked_until BIGINT,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);

-- external_id: what the provider calls the person for good. valid_until: until when its last answer is good.
-- claimed_until: until when one server checks the person, so that no two use the same refresh token.
-- upstream_token: the refresh token of the provider, sealed.
CREATE TABLE identities (
    id             TEXT PRIMARY KEY,
    subject_id     TEXT NOT NULL UNIQUE REFERENCES subjects (id) ON DELETE CASCADE,
    provider       TEXT COLLATE "BINARY" NOT NULL REFERENCES identity_providers (name),
    issuer         TEXT COLLATE "BINARY" NOT NULL,
    external_id    TEXT COLLATE "BINARY" NOT NULL,
    external_name  TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('active', 'refused')),
    signed_in_at   BIGINT NOT NULL,
    checked_at     BIGINT NOT NULL,
    valid_until    BIGINT NOT NULL,
    recheck_at     BIGINT NOT NULL,
    claimed_until  BIGINT NOT NULL,
    upstream_token TEXT,
    UNIQUE (provider, external_id)
);
CREATE INDEX identities_by_recheck ON identities (provider, recheck_at);
