-- Accounts: groups, users, their profiles, and the tokens that prove who somebody is.

CREATE TYPE user_group AS ENUM ('user', 'moderator', 'admin');
CREATE TYPE gender AS ENUM ('man', 'woman');

CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END;
$$;

CREATE TABLE user_groups (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name user_group NOT NULL UNIQUE
);
INSERT INTO user_groups (name) VALUES ('user'), ('moderator'), ('admin');

CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE CHECK (char_length(email) BETWEEN 3 AND 254),
    hashed_password text NOT NULL CHECK (hashed_password <> ''),
    is_active boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    group_id bigint NOT NULL REFERENCES user_groups (id)
);
CREATE INDEX users_group_id ON users (group_id);
CREATE TRIGGER users_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION set_updated_at();

CREATE TABLE user_profiles (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_name text CHECK (char_length(first_name) <= 100),
    last_name text CHECK (char_length(last_name) <= 100),
    avatar text CHECK (char_length(avatar) <= 255),
    gender gender,
    date_of_birth date,
    info text,
    user_id bigint NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE
);

-- Only the SHA-256 of a token is kept: a leaked table opens nothing.
CREATE TABLE activation_tokens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    expires_at timestamptz NOT NULL,
    user_id bigint NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX activation_tokens_expires_at ON activation_tokens (expires_at);

CREATE TABLE password_reset_tokens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    expires_at timestamptz NOT NULL,
    user_id bigint NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX password_reset_tokens_expires_at ON password_reset_tokens (expires_at);

CREATE TABLE refresh_tokens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    expires_at timestamptz NOT NULL,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_user_id ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_expires_at ON refresh_tokens (expires_at);
