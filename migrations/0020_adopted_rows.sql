-- What was taken over from a database of the original service (`manage adopt`), so that a later run knows what is new
-- or has changed there, and leaves alone what has changed here.

-- A row outlives the user: an account that was deleted here is not taken over again.
CREATE TABLE adopted_users (id bigint PRIMARY KEY);

-- 'account' (address and group), 'password' and 'activation' are the parts of a user.
CREATE TYPE adopted_kind AS ENUM (
    'account', 'password', 'activation', 'profile', 'country', 'genre', 'actor', 'language', 'movie'
);

CREATE TABLE adopted_rows (
    kind adopted_kind NOT NULL,
    -- In the original.
    id bigint NOT NULL,
    -- SHA-256 of the values as they were taken over.
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    -- Whose values they are. They go with the user, for a digest of an address tells whose it was to those who guess.
    user_id bigint REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (kind, id)
);
CREATE INDEX adopted_rows_user_id ON adopted_rows (user_id);

-- Tokens of any kind.
CREATE TABLE adopted_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX adopted_tokens_user_id ON adopted_tokens (user_id);
