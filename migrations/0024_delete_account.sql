-- Activation with another password, and accounts that can be deleted.

-- A new activation token, and the notice of a deletion.
ALTER TYPE mail_kind ADD VALUE 'activation_resend';
ALTER TYPE mail_kind ADD VALUE 'account_deleted';

-- Activates a user with the mailed token and a password that replaces the one of the registration, and ends all that
-- may have been begun before. Returns false, and changes nothing, if the token is gone or the user is active.
CREATE FUNCTION activate_with_password(of_user bigint, token bytea, new_hash text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = of_user AND NOT is_active AND disabled_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM activation_tokens WHERE user_id = of_user AND token_hash = token AND expires_at > now();
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM password_reset_tokens WHERE user_id = of_user;
    DELETE FROM email_change_tokens WHERE user_id = of_user;
    DELETE FROM known_clients WHERE user_id = of_user;
    UPDATE users SET is_active = true, hashed_password = new_hash WHERE id = of_user;
    PERFORM end_sessions(of_user);
    RETURN true;
END;
$$;

ALTER TABLE mail_outbox
    -- Null for the notice of a deletion, which outlives the account and has its address as recipient.
    ALTER COLUMN user_id DROP NOT NULL,
    ADD CHECK (user_id IS NOT NULL OR token IS NULL),
    ADD CHECK (num_nonnulls(user_id, recipient, sent_at, given_up_at) > 0);

-- For the purge, which looks again at the events of accounts that were deleted lately.
CREATE INDEX events_deletions ON events (at) WHERE action = 'account_deleted';

-- Deletes a user with all that belongs to the account. Its events stay, without the user agent. Does nothing if there is
-- no such user. Tokens go first, while the lock still lets other rows refer to the user: a request for a new token holds
-- the old one's row when it does.
CREATE FUNCTION delete_user(of_user bigint, actor bigint DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = of_user FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    DELETE FROM activation_tokens WHERE user_id = of_user;
    DELETE FROM password_reset_tokens WHERE user_id = of_user;
    DELETE FROM users WHERE id = of_user;
    UPDATE events SET client = NULL WHERE user_id = of_user OR actor_id = of_user;
    INSERT INTO events (action, actor_id, user_id) VALUES ('account_deleted', actor, of_user);
END;
$$;

-- Deletes the account of a user who has proved the password with this hash, and mails a notice. Returns 'stale', and
-- changes nothing, if the hash is another one by now or the session has ended, and 'last_admin' if no other admin would be
-- left.
CREATE FUNCTION delete_account(of_user bigint, known_hash text, by_session bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    is_last boolean := is_last_admin(of_user);
    address text;
BEGIN
    SELECT email INTO address FROM users
    WHERE id = of_user AND hashed_password = known_hash AND is_active AND disabled_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'stale';
    END IF;
    PERFORM FROM refresh_tokens WHERE id = by_session AND user_id = of_user;
    IF NOT FOUND AND by_session IS NOT NULL THEN
        RETURN 'stale';
    END IF;
    IF is_last THEN
        RETURN 'last_admin';
    END IF;
    PERFORM delete_user(of_user, of_user);
    INSERT INTO mail_outbox (kind, recipient) VALUES ('account_deleted', address);
    RETURN 'deleted';
END;
$$;
