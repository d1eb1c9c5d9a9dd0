-- What the requests that clients send most need, at the cost of a few index lookups.

-- Returns the user of an access token with these claims: one row, or none where its session has ended or the token is
-- older than the user's tokens may be. `last_used_at` is that of the session. PostgreSQL plans it as a part of the
-- statement that selects from it; a call would cost as much as its lookups.
CREATE FUNCTION token_user(claimed_user bigint, claimed_session bigint, issued_at bigint)
RETURNS TABLE (user_id bigint, is_active boolean, is_disabled boolean, group_name text, last_used_at timestamptz)
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT users.id, users.is_active, users.disabled_at IS NOT NULL, user_groups.name::text, session.last_used_at
    FROM users
    JOIN user_groups ON user_groups.id = users.group_id
    LEFT JOIN refresh_tokens AS session
        ON session.id = claimed_session AND session.user_id = users.id AND session.expires_at > now()
    WHERE users.id = claimed_user AND CASE
        WHEN claimed_session IS NULL
            THEN users.tokens_valid_from IS NULL OR coalesce(issued_at, 0) >= extract(epoch FROM users.tokens_valid_from)
        ELSE session.id IS NOT NULL
    END
$$;

-- Stores that a session is used, if its last use was stored more than a minute ago. Callers look at that first, because
-- nearly all requests then need no update.
CREATE FUNCTION use_session(used bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE refresh_tokens SET last_used_at = now() WHERE id = used AND last_used_at < now() - interval '1 minute'
$$;

-- As before, for other functions of the database and the release before.
CREATE OR REPLACE FUNCTION authenticate(claimed_user bigint, claimed_session bigint, issued_at bigint)
RETURNS TABLE (user_id bigint, is_active boolean, is_disabled boolean, group_name text) LANGUAGE plpgsql ROWS 1 AS $$
DECLARE
    last_use timestamptz;
BEGIN
    SELECT account.* INTO user_id, is_active, is_disabled, group_name, last_use
    FROM token_user(claimed_user, claimed_session, issued_at) AS account;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF last_use < now() - interval '1 minute' THEN
        PERFORM use_session(claimed_session);
    END IF;
    RETURN NEXT;
END;
$$;
