-- Stores a movie with everything it is linked to, in one round trip. A function, because each of its
-- statements sees what others have committed by then: a name that somebody else is just creating is waited
-- for and then found. Rows are taken in the order in which every writer of the catalogue takes them, so nobody
-- waits in a circle; the names come without repetitions.
CREATE FUNCTION create_movie(
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
DECLARE
    movie bigint;
BEGIN
    INSERT INTO countries (code)
    SELECT country_code WHERE NOT EXISTS (SELECT FROM countries WHERE code = country_code)
    ON CONFLICT (code) DO NOTHING;

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
    SELECT movie_name, movie_date, movie_score, movie_overview, movie_status, movie_budget, movie_revenue, id
    FROM countries WHERE code = country_code
    RETURNING id INTO movie;

    INSERT INTO movies_genres (movie_id, genre_id)
    SELECT movie, id FROM genres WHERE name = ANY (genre_names);
    INSERT INTO actors_movies (movie_id, actor_id)
    SELECT movie, id FROM actors WHERE name = ANY (actor_names);
    INSERT INTO movies_languages (movie_id, language_id)
    SELECT movie, id FROM languages WHERE name = ANY (language_names);
    RETURN movie;
END;
$$;
