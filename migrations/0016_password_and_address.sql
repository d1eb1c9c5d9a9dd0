-- Changes of password and of address by the user.

ALTER TYPE mail_kind ADD VALUE 'email_change';
ALTER TYPE mail_kind ADD VALUE 'email_change_requested';

ALTER TABLE mail_outbox
    -- The address that it goes to, if not the user's. Wiped once the mail is sent or given up.
    ADD COLUMN recipient text CHECK (char_length(recipient) BETWEEN 3 AND 254);

-- The token that was mailed to the new address of a user.
CREATE TABLE email_change_tokens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    expires_at timestamptz NOT NULL,
    user_id bigint NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    -- The session that requested the change, which outlives it. Ids are not used twice.
    session_id bigint
);
CREATE INDEX email_change_tokens_expires_at ON email_change_tokens (expires_at);

-- Replaces the hash of a user whose row the caller holds. Ends every session but one that is kept, and a change of
-- address that waits for its token, and mails a notice.
CREATE FUNCTION replace_password(of_user bigint, new_hash text, kept_session bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET hashed_password = new_hash WHERE id = of_user;
    PERFORM end_sessions(of_user, kept_session);
    DELETE FROM email_change_tokens WHERE user_id = of_user;
    INSERT INTO mail_outbox (kind, user_id) VALUES ('password_changed', of_user);
END;
$$;

-- Changes the password of a user from one hash to another. Returns false, and changes nothing, if the hash is another
-- one by now, or the session that is kept has ended.
CREATE FUNCTION change_password(of_user bigint, old_hash text, new_hash text, kept_session bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users
    WHERE id = of_user AND hashed_password = old_hash AND is_active AND disabled_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM FROM refresh_tokens WHERE id = kept_session AND user_id = of_user;
    IF NOT FOUND AND kept_session IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM replace_password(of_user, new_hash, kept_session);
    RETURN true;
END;
$$;

-- Sets a new password with the token that was mailed for it, and deletes the token. Returns false, and changes nothing,
-- if the token is gone or the user is not active. The lock is the weakest that does: a request for another token holds
-- the token's row when it refers to the user's.
CREATE FUNCTION reset_password(of_user bigint, token bytea, new_hash text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = of_user AND is_active FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM password_reset_tokens WHERE user_id = of_user AND token_hash = token AND expires_at > now();
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM replace_password(of_user, new_hash, NULL);
    RETURN true;
END;
$$;

-- Changes the address of the user whose new address got the token. Ends every session but the one that requested the
-- change, deletes the user's tokens for a new password, and forgets the networks that were known for the old address.
-- Returns the user, or null if the token is gone or the address is taken; the token is deleted then too.
-- Tokens go before the address: changing it locks the user's row against the rows that refer to it.
CREATE FUNCTION change_email(token bytea) RETURNS bigint LANGUAGE plpgsql AS $$
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
    BEGIN
        DELETE FROM password_reset_tokens WHERE user_id = change.user_id;
        DELETE FROM known_clients WHERE user_id = change.user_id;
        UPDATE users SET email = change.email WHERE id = change.user_id;
        PERFORM end_sessions(change.user_id, change.session_id);
    EXCEPTION WHEN unique_violation THEN
        RETURN NULL;
    END;
    RETURN change.user_id;
END;
$$;

-- Deletes the failed logins on an address: its own bucket, which every attempt locks first, and those about it.
CREATE FUNCTION rate_limit_forget(own bytea, about bytea) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM attempt_buckets WHERE bucket = own;
    DELETE FROM attempt_buckets WHERE address = about;
END;
$$;
