-- A new password also ends what was begun with the old one by mail: the token for another new password.
CREATE OR REPLACE FUNCTION replace_password(of_user bigint, new_hash text, kept_session bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET hashed_password = new_hash WHERE id = of_user;
    PERFORM end_sessions(of_user, kept_session);
    DELETE FROM password_reset_tokens WHERE user_id = of_user;
    DELETE FROM email_change_tokens WHERE user_id = of_user;
    INSERT INTO mail_outbox (kind, user_id) VALUES ('password_changed', of_user);
END;
$$;
