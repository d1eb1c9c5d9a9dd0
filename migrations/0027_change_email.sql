-- As before, but an address that is taken by now leaves the token as it is, for it may be free again within the hour.
CREATE OR REPLACE FUNCTION change_email(token bytea) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    change email_change_tokens;
BEGIN
    PERFORM FROM users JOIN email_change_tokens ON users.id = user_id
    WHERE token_hash = token AND expires_at > now() AND is_active AND disabled_at IS NULL FOR NO KEY UPDATE OF users;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM email_change_tokens WHERE token_hash = token AND expires_at > now() RETURNING * INTO change;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM password_reset_tokens WHERE user_id = change.user_id;
    DELETE FROM known_clients WHERE user_id = change.user_id;
    UPDATE users SET email = change.email WHERE id = change.user_id;
    PERFORM end_sessions(change.user_id, change.session_id);
    RETURN change.user_id;
EXCEPTION WHEN unique_violation THEN
    RETURN NULL;
END;
$$;
