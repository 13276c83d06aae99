-- Lists are read in the order of their keys, a page at a time, so each list has an index in its order.
CREATE INDEX repositories_by_name ON repositories (name, service);

-- Usage of a period: each key holds its days together.
CREATE INDEX daily_usage_by_repository ON daily_usage (repository, service, subject, action, day);
DROP INDEX daily_usage_by_subject;
CREATE INDEX daily_usage_by_subject ON daily_usage (subject, repository, service, action, day);

DROP INDEX digest_pulls_by_digest;
CREATE INDEX digest_pulls_by_digest ON digest_pulls (digest, repository, service, subject);

-- Events are listed by the time at which they happened, the newest first; seq is the order in which they came.
CREATE INDEX recent_events_by_time ON recent_events (action, at, seq);
DROP INDEX recent_events_by_repository;
CREATE INDEX recent_events_by_repository ON recent_events (repository, action, at, seq);
