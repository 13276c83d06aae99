-- given: JSON, the labels and the administrator's flag that the provider gave, so that they go with it.
ALTER TABLE identities ADD COLUMN given TEXT;
