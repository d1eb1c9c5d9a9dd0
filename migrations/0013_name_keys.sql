-- Genres, actors and languages are found whatever the case and the Unicode normal form of their names: `key` is the same
-- for all spellings of one name, and unique.

-- Returns what all spellings of a name have in common (the canonical caseless match of the Unicode standard, section
-- 3.13). The collation is part of PostgreSQL and asks no library, so the result does not depend on the locale of the
-- database. Decomposed, because letters with accents then sort behind those without. The key of 255 characters in NFC
-- has at most 2,295 bytes, which an index holds.
CREATE FUNCTION name_key(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN normalize(casefold(normalize(name, NFD) COLLATE pg_catalog.pg_unicode_fast), NFD) COLLATE "C";

-- Returns the keys of several names, each once.
CREATE FUNCTION name_keys(names text[]) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(SELECT DISTINCT name_key(name) FROM unnest(names) AS given (name));

-- Returns the words of a name without case and accents; punctuation separates words.
CREATE FUNCTION name_words(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN array_remove(string_to_array(regexp_replace(
    normalize(regexp_replace(name_key(name), '[\u0300-\u036F]', '', 'g'), NFC),
    '[!-/:-@[-`{-~\u00A0\u00AB\u00B7\u00BB\u2010-\u2014\u2018-\u201E]+', ' ', 'g'
), ' '), '');

-- In the order in which other transactions take them, and at once, so that none waits in a circle. Writers wait until
-- the names are merged, readers of names too.
LOCK TABLE genres, actors, languages IN ACCESS EXCLUSIVE MODE;
LOCK TABLE movies_genres, actors_movies, movies_languages IN SHARE ROW EXCLUSIVE MODE;

-- Of several spellings of a name the one that most movies have stays, with its id; of equals the oldest. The movies of
-- the others move to it.
DO $$
DECLARE
    names record;
BEGIN
    FOR names IN
        SELECT * FROM (VALUES ('genres', 'movies_genres', 'genre_id'), ('actors', 'actors_movies', 'actor_id'),
                              ('languages', 'movies_languages', 'language_id')) AS lists (list, links, link)
    LOOP
        EXECUTE format(
            'CREATE TEMPORARY TABLE merged ON COMMIT DROP AS
             SELECT id, kept FROM (
                 SELECT id, first_value(id) OVER (
                     PARTITION BY key ORDER BY (SELECT count(*) FROM %2$I WHERE %3$I = id) DESC, id
                 ) AS kept
                 FROM (
                     SELECT id, name_key(name) AS key, count(*) OVER (PARTITION BY name_key(name)) AS spellings
                     FROM %1$I
                 ) AS alike
                 WHERE spellings > 1
             ) AS all_spellings
             WHERE id <> kept',
            names.list, names.links, names.link);
        EXECUTE format(
            'INSERT INTO %2$I (movie_id, %3$I) SELECT movie_id, kept FROM %2$I JOIN merged ON merged.id = %3$I
             ON CONFLICT DO NOTHING',
            names.list, names.links, names.link);
        EXECUTE format('DELETE FROM %1$I USING merged WHERE merged.id = %1$I.id', names.list);
        EXECUTE format(
            'UPDATE %1$I SET name = normalize(name, NFC)
             WHERE name IS NOT NFC NORMALIZED AND char_length(normalize(name, NFC)) <= 255',
            names.list);
        DROP TABLE merged;
    END LOOP;
END;
$$;
UPDATE countries SET name = normalize(name, NFC)
WHERE name IS NOT NFC NORMALIZED AND char_length(normalize(name, NFC)) <= 255;

ALTER TABLE genres ADD COLUMN key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (name_key(name)) STORED UNIQUE;
ALTER TABLE languages ADD COLUMN key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (name_key(name)) STORED UNIQUE;
ALTER TABLE actors
    ADD COLUMN key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (name_key(name)) STORED UNIQUE,
    ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (array_to_tsvector(name_words(name))) STORED;
CREATE INDEX actors_words ON actors USING gin (words);

-- As before, but for names that are found by their keys, and inserted in the order of these.
CREATE OR REPLACE FUNCTION insert_movie(
    movie_name text,
    movie_date date,
    movie_score double precision,
    movie_overview text,
    movie_status movie_status,
    movie_budget_hundredths bigint,
    movie_revenue double precision,
    country_code text,
    genre_names text[],
    actor_names text[],
    language_names text[],
    OUT movie bigint,
    OUT movie_version bigint,
    OUT country bigint,
    OUT country_name text,
    OUT genre_list json,
    OUT actor_list json,
    OUT language_list json
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT * INTO country, country_name FROM add_country(country_code);
    PERFORM add_names(genre_names, actor_names, language_names);
    INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
    VALUES (movie_name, movie_date, movie_score, movie_overview, movie_status, movie_budget_hundredths * 0.01,
            movie_revenue, country)
    RETURNING id, xmin::text::bigint INTO movie, movie_version;
    SELECT * INTO genre_list, actor_list, language_list
    FROM link_names(movie, name_keys(genre_names), name_keys(actor_names), name_keys(language_names));
END;
$$;

-- Returns the country with this code, which is added where there is none.
CREATE FUNCTION add_country(country_code text, OUT country bigint, OUT country_name text) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO countries (code)
    SELECT country_code WHERE NOT EXISTS (SELECT FROM countries WHERE code = country_code)
    ON CONFLICT DO NOTHING;
    SELECT id, name INTO country, country_name FROM countries WHERE code = country_code;
END;
$$;

-- Adds the names that have no row yet, in the order in which every writer of the catalogue takes them.
CREATE FUNCTION add_names(genre_names text[], actor_names text[], language_names text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO genres (name)
    SELECT min(new.name COLLATE "C") FROM unnest(genre_names) AS new (name)
    WHERE NOT EXISTS (SELECT FROM genres WHERE key = name_key(new.name))
    GROUP BY name_key(new.name) ORDER BY name_key(new.name)
    ON CONFLICT DO NOTHING;

    INSERT INTO actors (name)
    SELECT min(new.name COLLATE "C") FROM unnest(actor_names) AS new (name)
    WHERE NOT EXISTS (SELECT FROM actors WHERE key = name_key(new.name))
    GROUP BY name_key(new.name) ORDER BY name_key(new.name)
    ON CONFLICT DO NOTHING;

    INSERT INTO languages (name)
    SELECT min(new.name COLLATE "C") FROM unnest(language_names) AS new (name)
    WHERE NOT EXISTS (SELECT FROM languages WHERE key = name_key(new.name))
    GROUP BY name_key(new.name) ORDER BY name_key(new.name)
    ON CONFLICT DO NOTHING;
END;
$$;

-- Links a movie to names, and returns these as the lists of the movie.
CREATE FUNCTION link_names(
    movie bigint,
    genre_keys text[],
    actor_keys text[],
    language_keys text[],
    OUT genre_list json,
    OUT actor_list json,
    OUT language_list json
) LANGUAGE plpgsql AS $$
BEGIN
    WITH named AS MATERIALIZED (
        SELECT id, name FROM genres WHERE key = ANY (genre_keys)
    ), linked AS (
        INSERT INTO movies_genres (movie_id, genre_id) SELECT movie, id FROM named ON CONFLICT DO NOTHING
    )
    SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY id), '[]') INTO genre_list FROM named;

    WITH named AS MATERIALIZED (
        SELECT id, name FROM actors WHERE key = ANY (actor_keys)
    ), linked AS (
        INSERT INTO actors_movies (movie_id, actor_id) SELECT movie, id FROM named ON CONFLICT DO NOTHING
    )
    SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY id), '[]') INTO actor_list FROM named;

    WITH named AS MATERIALIZED (
        SELECT id, name FROM languages WHERE key = ANY (language_keys)
    ), linked AS (
        INSERT INTO movies_languages (movie_id, language_id) SELECT movie, id FROM named ON CONFLICT DO NOTHING
    )
    SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY id), '[]') INTO language_list FROM named;
END;
$$;

-- For functions of an old release, likewise.
CREATE OR REPLACE FUNCTION create_movie(
    movie_name text,
    movie_date date,
    movie_score double precision,
    movie_overview text,
    movie_status movie_status,
    movie_budget numeric,
    movie_revenue double precision,
    country_code text,
    genre_names text[],
    actor_names text[],
    language_names text[]
) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (
        SELECT movie FROM insert_movie(movie_name, movie_date, movie_score, movie_overview, movie_status,
            (movie_budget * 100)::bigint, movie_revenue, country_code, genre_names, actor_names, language_names)
    );
END;
$$;
