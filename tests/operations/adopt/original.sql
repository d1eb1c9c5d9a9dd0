-- The schema of the original service, as SQLAlchemy makes it.
CREATE TYPE usergroupenum AS ENUM ('USER', 'MODERATOR', 'ADMIN');
CREATE TYPE genderenum AS ENUM ('MAN', 'WOMAN');
CREATE TYPE moviestatusenum AS ENUM ('RELEASED', 'POST_PRODUCTION', 'IN_PRODUCTION');
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
CREATE TABLE user_groups (id serial PRIMARY KEY, name usergroupenum NOT NULL UNIQUE);
CREATE TABLE users (
    id serial PRIMARY KEY,
    email varchar(255) NOT NULL UNIQUE,
    hashed_password varchar(255) NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    group_id integer NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE
);
CREATE TABLE user_profiles (
    id serial PRIMARY KEY,
    first_name varchar(100),
    last_name varchar(100),
    avatar varchar(255),
    gender genderenum,
    date_of_birth date,
    info text,
    user_id integer NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE activation_tokens (
    id serial PRIMARY KEY,
    token varchar(64) NOT NULL UNIQUE,
    expires_at timestamptz NOT NULL,
    user_id integer NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE password_reset_tokens (
    id serial PRIMARY KEY,
    token varchar(64) NOT NULL UNIQUE,
    expires_at timestamptz NOT NULL,
    user_id integer NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE refresh_tokens (
    id serial PRIMARY KEY,
    token varchar(512) NOT NULL UNIQUE,
    expires_at timestamptz NOT NULL,
    user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE countries (id serial PRIMARY KEY, code varchar(3) NOT NULL UNIQUE, name varchar(255));
CREATE TABLE genres (id serial PRIMARY KEY, name varchar(255) NOT NULL UNIQUE);
CREATE TABLE actors (id serial PRIMARY KEY, name varchar(255) NOT NULL UNIQUE);
CREATE TABLE languages (id serial PRIMARY KEY, name varchar(255) NOT NULL UNIQUE);
CREATE TABLE movies (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    date date NOT NULL,
    score double precision NOT NULL,
    overview text NOT NULL,
    status moviestatusenum NOT NULL,
    budget numeric NOT NULL,
    revenue double precision NOT NULL,
    country_id integer NOT NULL REFERENCES countries (id),
    UNIQUE (name, date)
);
CREATE TABLE movies_genres (
    movie_id integer REFERENCES movies (id) ON DELETE CASCADE,
    genre_id integer REFERENCES genres (id) ON DELETE CASCADE,
    PRIMARY KEY (movie_id, genre_id)
);
CREATE TABLE actors_movies (
    movie_id integer REFERENCES movies (id) ON DELETE CASCADE,
    actor_id integer REFERENCES actors (id) ON DELETE CASCADE,
    PRIMARY KEY (movie_id, actor_id)
);
CREATE TABLE movies_languages (
    movie_id integer REFERENCES movies (id) ON DELETE CASCADE,
    language_id integer REFERENCES languages (id) ON DELETE CASCADE,
    PRIMARY KEY (movie_id, language_id)
);
INSERT INTO alembic_version VALUES ('4c2b9e7d0a11');
INSERT INTO user_groups (name) VALUES ('USER'), ('MODERATOR'), ('ADMIN');
