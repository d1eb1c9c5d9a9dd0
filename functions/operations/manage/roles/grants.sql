-- What the functions may do in the database. The owner of the schema (`manage`) may do everything; the logins
-- of the others are members of one of these groups. Safe to run again, and beside another copy of itself.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['theater_application', 'theater_reader'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END;
$$;

-- Rows, but neither tables nor the list of applied migrations.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO theater_application;
REVOKE ALL ON _sqlx_migrations FROM theater_application;

-- The catalogue, to read.
GRANT SELECT ON movies, movie_counts, countries, genres, actors, languages,
    movies_genres, actors_movies, movies_languages TO theater_reader;
