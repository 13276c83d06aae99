-- What is gone is found without a look at everything that is there. Times that were never set are 0 and stay out.
CREATE INDEX tags_by_digest ON tags (service, repository, digest);
CREATE INDEX tags_by_dropped ON tags (dropped_at) WHERE dropped_at > 0;
CREATE INDEX manifests_by_dropped ON manifests (dropped_at) WHERE dropped_at > 0;
CREATE INDEX repositories_by_gone ON repositories (gone_at) WHERE gone_at > 0;

-- A deleted user is found in portions.
CREATE INDEX tags_by_subject ON tags (changed_by, changed_at);
CREATE INDEX manifests_by_subject ON manifests (pushed_by, pushed_at);
