-- The words of names, each with what remains of it without one of its letters: a row for each word instead of one for each
-- misspelling, which made a new movie twice as expensive. Two words that differ in one letter share an item.

CREATE TABLE name_words (
    word text COLLATE "C" PRIMARY KEY,
    slips text[] COLLATE "C" NOT NULL
);
INSERT INTO name_words (word, slips)
SELECT word, coalesce(array_agg(slip) FILTER (WHERE slip <> word), '{}') FROM name_slips GROUP BY word ORDER BY word;
-- Without a list of pending entries, which every search for a misspelt word would read as a whole.
CREATE INDEX name_words_slips ON name_words USING gin (slips) WITH (fastupdate = off);

-- The functions of the previous release read this while they still run.
DROP TABLE name_slips;
CREATE VIEW name_slips AS SELECT unnest(slips || word) AS slip, word FROM name_words;

-- Adds words of names, sorted, so that writers do not deadlock.
CREATE OR REPLACE FUNCTION add_name_words(words text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO name_words (word, slips)
    SELECT new.word COLLATE "C", ARRAY(
        SELECT left(new.word, place - 1) || substr(new.word, place + 1)
        FROM generate_series(1, char_length(new.word)) AS place
        WHERE char_length(new.word) > 1
    )
    FROM unnest(words) AS new (word)
    WHERE NOT EXISTS (SELECT FROM name_words AS known WHERE known.word = new.word COLLATE "C")
    ORDER BY 1
    ON CONFLICT DO NOTHING;
END;
$$;

-- Creates a movie as before, with fewer statements. The lock is what adding names takes, also where none is added:
-- `manage` locks a list to change it, and waits for those who use its names.
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
    search_key text,
    search_words text,
    name_words text[],
    OUT movie bigint,
    OUT movie_version bigint,
    OUT country bigint,
    OUT country_name text,
    OUT genre_list json,
    OUT actor_list json,
    OUT language_list json
) LANGUAGE plpgsql AS $$
DECLARE
    genre_keys text[] := name_keys(genre_names);
    actor_keys text[] := name_keys(actor_names);
    language_keys text[] := name_keys(language_names);
BEGIN
    LOCK TABLE countries, genres, actors, languages IN ROW EXCLUSIVE MODE;
    SELECT id, name INTO country, country_name FROM countries
    WHERE code = country_code
        AND (SELECT count(*) FROM genres WHERE key = ANY (genre_keys)) = cardinality(genre_keys)
        AND (SELECT count(*) FROM actors WHERE key = ANY (actor_keys)) = cardinality(actor_keys)
        AND (SELECT count(*) FROM languages WHERE key = ANY (language_keys)) = cardinality(language_keys);
    IF NOT FOUND THEN
        SELECT * INTO country, country_name FROM add_country(country_code);
        PERFORM add_names(genre_names, actor_names, language_names);
    END IF;
    INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
    VALUES (movie_name, movie_date, movie_score, movie_overview, movie_status, movie_budget_hundredths * 0.01,
            movie_revenue, country)
    RETURNING id, xmin::text::bigint INTO movie, movie_version;

    WITH its_genres AS MATERIALIZED (
        SELECT id, name FROM genres WHERE key = ANY (genre_keys)
    ), its_actors AS MATERIALIZED (
        SELECT id, name FROM actors WHERE key = ANY (actor_keys)
    ), its_languages AS MATERIALIZED (
        SELECT id, name FROM languages WHERE key = ANY (language_keys)
    ), linked_genres AS (
        INSERT INTO movies_genres (movie_id, genre_id) SELECT movie, id FROM its_genres
    ), linked_actors AS (
        INSERT INTO actors_movies (movie_id, actor_id) SELECT movie, id FROM its_actors
    ), linked_languages AS (
        INSERT INTO movies_languages (movie_id, language_id) SELECT movie, id FROM its_languages
    ), indexed AS (
        INSERT INTO movie_search (movie_id, key, search) VALUES (movie, search_key, search_words::tsvector)
    )
    SELECT (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY id), '[]') FROM its_genres),
           (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY id), '[]') FROM its_actors),
           (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY id), '[]') FROM its_languages)
    INTO genre_list, actor_list, language_list;
    PERFORM add_name_words(name_words);
END;
$$;
