-- How far the crawl of a service is; its figures count from started_at.
-- registry: the address that is crawled. replica: the server that crawls, empty when none does. seen_at: the time at which
-- it last wrote here. all_tags: whether it asks for the digests of known tags too.
ALTER TABLE crawl ADD COLUMN registry TEXT NOT NULL DEFAULT '';
ALTER TABLE crawl ADD COLUMN replica TEXT NOT NULL DEFAULT '';
ALTER TABLE crawl ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE crawl ADD COLUMN all_tags BIGINT NOT NULL DEFAULT 0 CHECK (all_tags IN (0, 1));
ALTER TABLE crawl ADD COLUMN requests BIGINT NOT NULL DEFAULT 0;
ALTER TABLE crawl ADD COLUMN repositories BIGINT NOT NULL DEFAULT 0;
ALTER TABLE crawl ADD COLUMN tags BIGINT NOT NULL DEFAULT 0;
ALTER TABLE crawl ADD COLUMN looked_up BIGINT NOT NULL DEFAULT 0;
ALTER TABLE crawl ADD COLUMN skipped BIGINT NOT NULL DEFAULT 0;
ALTER TABLE crawl ADD COLUMN refused BIGINT NOT NULL DEFAULT 0;
ALTER TABLE crawl ADD COLUMN gone BIGINT NOT NULL DEFAULT 0;
-- holder: the crawl that may write. all_tags_at: the beginning of the last whole crawl that asked for all digests. kept: the
-- figures at the cursor, JSON.
ALTER TABLE crawl ADD COLUMN holder TEXT NOT NULL DEFAULT '';
ALTER TABLE crawl ADD COLUMN all_tags_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE crawl ADD COLUMN kept TEXT NOT NULL DEFAULT '{}';

-- Known tags that a crawl under way did not find. They are dropped when the crawl has read the whole registry.
CREATE TABLE crawl_missing (
    service TEXT COLLATE "BINARY" NOT NULL,
    repository TEXT COLLATE "BINARY" NOT NULL,
    name TEXT COLLATE "BINARY" NOT NULL,
    PRIMARY KEY (service, repository, name)
);
