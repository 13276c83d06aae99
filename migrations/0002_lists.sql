-- Lists and the audit trail: look changes up by object (bytewise, as names compare), actor and time.
DROP INDEX changes_by_object;
CREATE INDEX changes_by_object ON changes (kind, name COLLATE "BINARY", seq);
CREATE INDEX changes_by_actor ON changes (actor, seq);
