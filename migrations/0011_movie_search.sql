-- The search index of movies. Its words are folded by the functions (`shared/movies/search/`), so that searches find the
-- same movies on every server: the parser of `to_tsvector` depends on the server's locale.

-- `key` is the folded name, for exact names and beginnings. `search` contains the folded words of name and overview with
-- positions, their stems, and the words of the name again after `=`.
CREATE TABLE movie_search (
    movie_id bigint PRIMARY KEY REFERENCES movies (id) ON DELETE CASCADE,
    key text COLLATE "C" NOT NULL CHECK (char_length(key) <= 255),
    search tsvector NOT NULL
);
CREATE INDEX movie_search_words ON movie_search USING gin (search);
CREATE INDEX movie_search_key ON movie_search (key, movie_id DESC);

-- The words of names, each unchanged and without each of its letters. Two words that differ in one letter share a row's
-- slip. Words remain when their movies are deleted; they cost little and match nothing.
CREATE TABLE name_slips (
    slip text COLLATE "C" NOT NULL,
    word text COLLATE "C" NOT NULL,
    PRIMARY KEY (slip, word)
);

-- Adds words of names, sorted, so that writers do not deadlock.
CREATE FUNCTION add_name_words(words text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO name_slips (slip, word)
    SELECT slips.slip COLLATE "C", new.word COLLATE "C"
    FROM unnest(words) AS new (word) CROSS JOIN LATERAL (
        SELECT new.word AS slip
        UNION
        SELECT left(new.word, place - 1) || substr(new.word, place + 1)
        FROM generate_series(1, char_length(new.word)) AS place
        WHERE char_length(new.word) > 1
    ) AS slips
    WHERE NOT EXISTS (
        SELECT FROM name_slips AS known
        WHERE known.slip = new.word COLLATE "C" AND known.word = new.word COLLATE "C"
    )
    ORDER BY 1, 2
    ON CONFLICT DO NOTHING
$$;

-- Adds a movie to the search index, or updates it there. Writers call it after their own statement on `movies`, in the
-- same transaction, with the folded name and overview.
CREATE FUNCTION index_movie(movie bigint, search_key text, search_words text, name_words text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO movie_search (movie_id, key, search) VALUES (movie, search_key, search_words::tsvector)
    ON CONFLICT (movie_id) DO UPDATE SET key = excluded.key, search = excluded.search;
    PERFORM add_name_words(name_words);
END;
$$;

-- Removes a movie from the index when its words change, so that a writer that does not call `index_movie`, such as a
-- function of the previous release, leaves no outdated words. `manage` indexes movies without a row. The logins of that
-- release have no rights on the index.
CREATE FUNCTION forget_words() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM movie_search WHERE movie_id = NEW.id;
    RETURN NULL;
END;
$$;
CREATE TRIGGER movies_words AFTER UPDATE OF name, overview ON movies FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.overview IS DISTINCT FROM NEW.overview)
    EXECUTE FUNCTION forget_words();

-- Creates a movie and indexes it. `insert_movie` without the last three arguments remains for the functions of the
-- previous release.
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
BEGIN
    SELECT stored.* INTO movie, movie_version, country, country_name, genre_list, actor_list, language_list
    FROM insert_movie(movie_name, movie_date, movie_score, movie_overview, movie_status, movie_budget_hundredths,
                      movie_revenue, country_code, genre_names, actor_names, language_names) AS stored;
    PERFORM index_movie(movie, search_key, search_words, name_words);
END;
$$;

-- Updates a movie, if it has the required version (null: any), and returns whether it did. Null values stay unchanged.
-- The last three arguments are null if neither name nor overview changes.
CREATE FUNCTION update_movie(
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
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
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

-- The functions of the previous release search this column until the deployment ends, so it remains if there are movies.
-- New rows leave it null, which costs nothing. `index-search` of `manage` drops it with its index.
DO $$
BEGIN
    IF EXISTS (SELECT FROM movies) THEN
        ALTER TABLE movies ALTER COLUMN search DROP EXPRESSION, ALTER COLUMN search DROP NOT NULL;
    ELSE
        ALTER TABLE movies DROP COLUMN search;
    END IF;
END;
$$;
