-- Sessions that are listed and ended. A session is a row of refresh_tokens; access tokens name it.

ALTER TABLE users
    -- Access tokens without a session that were issued earlier are invalid. In whole seconds, as in a token.
    ADD COLUMN tokens_valid_from timestamptz,
    -- Since when the account must not be used, apart from is_active.
    ADD COLUMN disabled_at timestamptz;

ALTER TABLE refresh_tokens
    ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT now(),
    -- The user agent that logged in.
    ADD COLUMN client text CHECK (char_length(client) <= 255);

-- Returns the user of an access token with these claims: one row, or none where its session has ended or the token is
-- older than the user's tokens may be. Stores when the session was used, at most once a minute.
CREATE FUNCTION authenticate(claimed_user bigint, claimed_session bigint, issued_at bigint)
RETURNS TABLE (user_id bigint, is_active boolean, is_disabled boolean, group_name text) LANGUAGE plpgsql AS $$
DECLARE
    valid_from timestamptz;
    last_use timestamptz;
BEGIN
    SELECT users.id, users.is_active, users.disabled_at IS NOT NULL, user_groups.name::text,
           users.tokens_valid_from, session.last_used_at
    INTO user_id, is_active, is_disabled, group_name, valid_from, last_use
    FROM users
    JOIN user_groups ON user_groups.id = users.group_id
    LEFT JOIN refresh_tokens AS session
        ON session.id = claimed_session AND session.user_id = users.id AND session.expires_at > now()
    WHERE users.id = claimed_user;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF claimed_session IS NULL THEN
        IF coalesce(issued_at, 0) < extract(epoch FROM valid_from) THEN
            RETURN;
        END IF;
    ELSIF last_use IS NULL THEN
        RETURN;
    ELSIF last_use < now() - interval '1 minute' THEN
        UPDATE refresh_tokens SET last_used_at = now()
        WHERE refresh_tokens.id = claimed_session AND refresh_tokens.last_used_at = last_use;
    END IF;
    RETURN NEXT;
END;
$$;

-- Opens a session and returns its id. Ends the oldest ones of a user who would have more than a hundred. The caller
-- holds the user's row, so that two at once do not leave more.
CREATE FUNCTION open_session(of_user bigint, token bytea, expires timestamptz, user_agent text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    session_id bigint;
BEGIN
    INSERT INTO refresh_tokens (token_hash, expires_at, user_id, client)
    VALUES (token, expires, of_user, user_agent) RETURNING id INTO session_id;
    DELETE FROM refresh_tokens WHERE id IN (
        SELECT id FROM refresh_tokens WHERE user_id = of_user ORDER BY id DESC OFFSET 100
    );
    RETURN session_id;
END;
$$;

-- Ends the sessions of a user, but for one that is kept, and makes access tokens without a session invalid. The user's
-- row comes first: a login that holds it has opened its session when this one goes on, and is seen.
CREATE FUNCTION end_sessions(of_user bigint, kept_session bigint DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET tokens_valid_from = date_trunc('second', clock_timestamp()) WHERE id = of_user;
    DELETE FROM refresh_tokens WHERE user_id = of_user AND id IS DISTINCT FROM kept_session;
END;
$$;
