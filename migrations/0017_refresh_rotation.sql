-- Refresh tokens that are replaced when they are used. A successor is derived from the token that it replaces, so a
-- session stores its last token alone.

ALTER TABLE refresh_tokens
    -- When its token was replaced, the newest first: the last eight times.
    ADD COLUMN rotated_at timestamptz[] NOT NULL DEFAULT '{}',
    -- The first token, once it was replaced. Its successors name the session.
    ADD COLUMN first_token_hash bytea UNIQUE CHECK (octet_length(first_token_hash) = 32);
