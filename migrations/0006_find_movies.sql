-- Finding and sorting movies. Each index serves a sort with its tie-break, and the filter on its column.

-- Names keep their stop words ("It", "Us"), overviews are stemmed. A tsvector holds 1 MiB at most, so the end
-- of a very long overview is not searched.
ALTER TABLE movies ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('pg_catalog.simple', name), 'A')
    || setweight(to_tsvector('pg_catalog.english', left(overview, 100000)), 'B')
) STORED;
CREATE INDEX movies_search ON movies USING gin (search);

-- Byte order: the same on every server, whatever its locale, and after every upgrade of it.
CREATE INDEX movies_name ON movies (name COLLATE "C", id);
CREATE INDEX movies_date ON movies (date, id);
CREATE INDEX movies_score ON movies (score, id);
CREATE INDEX movies_status ON movies (status, id);
