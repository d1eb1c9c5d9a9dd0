-- Replaces a movie and its lists, if it still has the version where one is given, and returns what it became: nothing
-- where there is no such movie. The names are taken before the movie, as every writer takes them; where the movie goes
-- away in between, the names do not stay either, and the error is `no_data_found`.
CREATE FUNCTION replace_movie(
    replaced bigint,
    expected_version bigint,
    movie_name text,
    movie_date date,
    movie_score double precision,
    movie_overview text,
    new_status movie_status,
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
    PERFORM FROM movies WHERE id = replaced AND xmin::text::bigint = coalesce(expected_version, xmin::text::bigint);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT * INTO country, country_name FROM add_country(country_code);
    PERFORM add_names(genre_names, actor_names, language_names);
    UPDATE movies SET name = movie_name, date = movie_date, score = movie_score, overview = movie_overview,
        status = new_status, budget = movie_budget_hundredths * 0.01, revenue = movie_revenue, country_id = country
    WHERE id = replaced AND xmin::text::bigint = coalesce(expected_version, xmin::text::bigint)
    RETURNING id, xmin::text::bigint INTO movie, movie_version;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = 'the movie has changed';
    END IF;

    DELETE FROM movies_genres
    WHERE movie_id = replaced AND genre_id NOT IN (SELECT id FROM genres WHERE key = ANY (genre_keys));
    DELETE FROM actors_movies
    WHERE movie_id = replaced AND actor_id NOT IN (SELECT id FROM actors WHERE key = ANY (actor_keys));
    DELETE FROM movies_languages
    WHERE movie_id = replaced AND language_id NOT IN (SELECT id FROM languages WHERE key = ANY (language_keys));
    SELECT * INTO genre_list, actor_list, language_list
    FROM link_names(replaced, genre_keys, actor_keys, language_keys);
    PERFORM index_movie(replaced, search_key, search_words, name_words);
END;
$$;

-- Names and overviews in NFC, as those that are stored from now on. A name that another movie of the day has in NFC, and
-- one that has become too long, stays as it is.
UPDATE movies SET overview = normalize(overview, NFC) WHERE overview IS NOT NFC NORMALIZED;
DO $$
DECLARE
    movie record;
BEGIN
    FOR movie IN SELECT id, normalize(name, NFC) AS name FROM movies WHERE name IS NOT NFC NORMALIZED ORDER BY id LOOP
        BEGIN
            UPDATE movies SET name = movie.name WHERE id = movie.id;
        EXCEPTION WHEN unique_violation OR check_violation THEN
            RAISE NOTICE 'movie % keeps its name', movie.id;
        END;
    END LOOP;
END;
$$;
