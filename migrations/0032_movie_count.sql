-- One counter of movies, so that a list reads one row instead of adding up sixteen. A transaction changes it when it
-- commits. So it is locked only for that moment: the API does not wait for an import, which takes minutes.

-- No writer may be between its movies and its counter. Readers continue.
LOCK TABLE movies IN SHARE ROW EXCLUSIVE MODE;

UPDATE movie_counts SET movies = (SELECT sum(movies) FROM movie_counts) WHERE slot = 0;
DELETE FROM movie_counts WHERE slot <> 0;
ALTER TABLE movie_counts ADD CONSTRAINT movie_counts_one_row CHECK (slot = 0);

-- By how much the statements of running transactions change the counter.
CREATE TABLE movie_count_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    difference bigint NOT NULL
);

-- Writers have no rights on the counter.
CREATE OR REPLACE FUNCTION count_movies() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    CASE TG_OP
        WHEN 'INSERT' THEN
            INSERT INTO movie_count_changes (difference) SELECT count(*) FROM changed HAVING count(*) > 0;
        WHEN 'DELETE' THEN
            INSERT INTO movie_count_changes (difference) SELECT -count(*) FROM changed HAVING count(*) > 0;
        WHEN 'TRUNCATE' THEN
            DELETE FROM movie_count_changes;
            UPDATE movie_counts SET movies = 0;
    END CASE;
    RETURN NULL;
END;
$$;

CREATE FUNCTION change_movie_count() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM movie_count_changes WHERE id = NEW.id;
    -- A TRUNCATE has deleted it.
    IF FOUND THEN
        UPDATE movie_counts SET movies = movies + NEW.difference;
    END IF;
    RETURN NULL;
END;
$$;
CREATE CONSTRAINT TRIGGER movie_count_changed AFTER INSERT ON movie_count_changes
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION change_movie_count();
