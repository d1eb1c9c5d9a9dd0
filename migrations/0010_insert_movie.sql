-- Stores a movie as `create_movie` does, in the same order and as one statement, and returns what the row became, so
-- that a create needs no second statement that reads it. The budget comes in hundredths. `create_movie` stays for the
-- functions of the release before.
CREATE FUNCTION insert_movie(
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
    INSERT INTO countries (code)
    SELECT country_code WHERE NOT EXISTS (SELECT FROM countries WHERE code = country_code)
    ON CONFLICT (code) DO NOTHING;
    SELECT id, name INTO country, country_name FROM countries WHERE code = country_code;

    INSERT INTO genres (name)
    SELECT new.name FROM unnest(genre_names) AS new (name)
    WHERE NOT EXISTS (SELECT FROM genres WHERE genres.name = new.name)
    ORDER BY new.name COLLATE "C"
    ON CONFLICT (name) DO NOTHING;

    INSERT INTO actors (name)
    SELECT new.name FROM unnest(actor_names) AS new (name)
    WHERE NOT EXISTS (SELECT FROM actors WHERE actors.name = new.name)
    ORDER BY new.name COLLATE "C"
    ON CONFLICT (name) DO NOTHING;

    INSERT INTO languages (name)
    SELECT new.name FROM unnest(language_names) AS new (name)
    WHERE NOT EXISTS (SELECT FROM languages WHERE languages.name = new.name)
    ORDER BY new.name COLLATE "C"
    ON CONFLICT (name) DO NOTHING;

    INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
    VALUES (movie_name, movie_date, movie_score, movie_overview, movie_status, movie_budget_hundredths * 0.01,
            movie_revenue, country)
    RETURNING id, xmin::text::bigint INTO movie, movie_version;

    WITH named AS MATERIALIZED (
        SELECT id, name FROM genres WHERE name = ANY (genre_names)
    ), linked AS (
        INSERT INTO movies_genres (movie_id, genre_id) SELECT movie, id FROM named
    )
    SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY id), '[]') INTO genre_list FROM named;

    WITH named AS MATERIALIZED (
        SELECT id, name FROM actors WHERE name = ANY (actor_names)
    ), linked AS (
        INSERT INTO actors_movies (movie_id, actor_id) SELECT movie, id FROM named
    )
    SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY id), '[]') INTO actor_list FROM named;

    WITH named AS MATERIALIZED (
        SELECT id, name FROM languages WHERE name = ANY (language_names)
    ), linked AS (
        INSERT INTO movies_languages (movie_id, language_id) SELECT movie, id FROM named
    )
    SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY id), '[]') INTO language_list FROM named;
END;
$$;
