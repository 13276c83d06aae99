-- What has ended is found, to be deleted, without looking at what has not.
CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at);
CREATE INDEX refresh_tokens_by_use ON refresh_tokens (last_used_at);
CREATE INDEX access_keys_by_end ON access_keys (expires_at);
