-- The registry whose content fills the inventory of a service, and the robot that reads it: JSON, NULL for none.
ALTER TABLE services ADD COLUMN crawl TEXT;
