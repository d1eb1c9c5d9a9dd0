-- Locks the old and the new name of a movie whose name or date may change, in an order that all such changes share. Without
-- it, two changes that give each movie the other's name wait for each other: the index knows both names of both movies.
-- The movie is locked first, so a change that waits for a name has not changed its movie yet. Names with the same hash only
-- make changes wait. An import must not find half of the locks of a change, so the table comes first.
CREATE FUNCTION lock_names(movie bigint, new_name text, new_date date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    old_key integer;
    new_key integer;
BEGIN
    LOCK TABLE movies IN ROW EXCLUSIVE MODE;
    SELECT hashtext(name || date), hashtext(coalesce(new_name, name) || coalesce(new_date, date)) INTO old_key, new_key
    FROM movies WHERE id = movie FOR UPDATE;
    PERFORM pg_advisory_xact_lock(1, least(old_key, new_key));
    PERFORM pg_advisory_xact_lock(1, greatest(old_key, new_key));
END;
$$;

CREATE OR REPLACE FUNCTION update_movie(
    movie bigint,
    movie_version bigint,
    movie_name text,
    movie_date date,
    movie_score double precision,
    movie_overview text,
    new_status movie_status,
    movie_budget_hundredths bigint,
    movie_revenue double precision,
    search_key text,
    search_words text,
    name_words text[]
) RETURNS boolean LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF movie_name IS NOT NULL OR movie_date IS NOT NULL THEN
        PERFORM lock_names(movie, movie_name, movie_date);
    END IF;
    UPDATE movies SET
        name = coalesce(movie_name, name),
        date = coalesce(movie_date, date),
        score = coalesce(movie_score, score),
        overview = coalesce(movie_overview, overview),
        status = coalesce(new_status, status),
        budget = coalesce(movie_budget_hundredths * 0.01, budget),
        revenue = coalesce(movie_revenue, revenue)
    WHERE id = movie AND xmin::text::bigint = coalesce(movie_version, xmin::text::bigint);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF search_words IS NOT NULL THEN
        PERFORM index_movie(movie, search_key, search_words, name_words);
    END IF;
    RETURN true;
END;
$$;

CREATE OR REPLACE FUNCTION replace_movie(
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
) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
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
    PERFORM lock_names(replaced, movie_name, movie_date);
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
