-- The catalogue: movies and what they are found by.

CREATE TYPE movie_status AS ENUM ('Released', 'Post Production', 'In Production');

CREATE TABLE countries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code ~ '^[A-Z]{2,3}$'),
    name text CHECK (char_length(name) BETWEEN 1 AND 255)
);

CREATE TABLE genres (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (char_length(name) BETWEEN 1 AND 255)
);

CREATE TABLE actors (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (char_length(name) BETWEEN 1 AND 255)
);

CREATE TABLE languages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (char_length(name) BETWEEN 1 AND 255)
);

-- The upper bound of `date` (next year) moves with the clock, so the code holds it.
CREATE TABLE movies (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    date date NOT NULL CHECK (date BETWEEN '0001-01-01' AND '9999-12-31'),
    score double precision NOT NULL CHECK (score BETWEEN 0 AND 100),
    overview text NOT NULL,
    status movie_status NOT NULL,
    budget numeric(15, 2) NOT NULL CHECK (budget BETWEEN 0 AND 9999999999999.99),
    -- PostgreSQL sorts NaN above Infinity, so this keeps both out.
    revenue double precision NOT NULL CHECK (revenue >= 0 AND revenue < 'Infinity'),
    country_id bigint NOT NULL REFERENCES countries (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT movies_name_date_key UNIQUE (name, date)
);
CREATE INDEX movies_country_id ON movies (country_id);
CREATE TRIGGER movies_updated_at BEFORE UPDATE ON movies FOR EACH ROW EXECUTE FUNCTION set_updated_at();

CREATE TABLE movies_genres (
    movie_id bigint NOT NULL REFERENCES movies (id) ON DELETE CASCADE,
    genre_id bigint NOT NULL REFERENCES genres (id) ON DELETE CASCADE,
    PRIMARY KEY (movie_id, genre_id)
);
CREATE INDEX movies_genres_genre_id ON movies_genres (genre_id, movie_id);

CREATE TABLE actors_movies (
    movie_id bigint NOT NULL REFERENCES movies (id) ON DELETE CASCADE,
    actor_id bigint NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    PRIMARY KEY (movie_id, actor_id)
);
CREATE INDEX actors_movies_actor_id ON actors_movies (actor_id, movie_id);

CREATE TABLE movies_languages (
    movie_id bigint NOT NULL REFERENCES movies (id) ON DELETE CASCADE,
    language_id bigint NOT NULL REFERENCES languages (id) ON DELETE CASCADE,
    PRIMARY KEY (movie_id, language_id)
);
CREATE INDEX movies_languages_language_id ON movies_languages (language_id, movie_id);

-- The catalogue's size without scanning it: the sum over the slots. A transaction writes one slot only, as
-- its last lock, so writers seldom wait for one another and never in a circle.
CREATE TABLE movie_counts (
    slot smallint PRIMARY KEY,
    movies bigint NOT NULL
);
INSERT INTO movie_counts (slot, movies) SELECT slot, 0 FROM generate_series(0, 15) AS slot;

CREATE FUNCTION count_movies() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    difference bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE movie_counts SET movies = 0;
        RETURN NULL;
    END IF;
    SELECT count(*) INTO difference FROM changed;
    IF difference > 0 THEN
        UPDATE movie_counts
        SET movies = movies + CASE TG_OP WHEN 'INSERT' THEN difference ELSE -difference END
        WHERE slot = pg_backend_pid() % 16;
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER movies_inserted AFTER INSERT ON movies
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_movies();
CREATE TRIGGER movies_deleted AFTER DELETE ON movies
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_movies();
CREATE TRIGGER movies_truncated AFTER TRUNCATE ON movies FOR EACH STATEMENT EXECUTE FUNCTION count_movies();
