-- How many fetches in a row have found nothing new at a page; NULL: none since this column is there.
ALTER TABLE pages ADD COLUMN unchanged_fetches INTEGER;
