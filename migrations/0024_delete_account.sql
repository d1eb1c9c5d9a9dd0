-- Activation with another password, and accounts that can be deleted.

-- A new activation token, and the notice of a deletion.
ALTER TYPE mail_kind ADD VALUE 'activation_resend';
ALTER TYPE mail_kind ADD VALUE 'account_deleted';

-- Activates a user with the mailed token and a password that replaces the one of the registration, and ends all that
-- may have been begun before. Returns false, and changes nothing, if the token is gone or the user is active.
CREATE FUNCTION activate_with_password(of_user bigint, token bytea, new_hash text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = of_user AND NOT is_active FOR NO KEY UPDATE;
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
