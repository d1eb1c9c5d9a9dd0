-- As before, but a new password also ends what the old one earned: the networks it was used from are no longer known, so
-- guesses from them count like those of strangers. The notice goes to the address of this moment, even if the user has
-- another one when it is sent.
CREATE OR REPLACE FUNCTION replace_password(of_user bigint, new_hash text, kept_session bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET hashed_password = new_hash WHERE id = of_user;
    PERFORM end_sessions(of_user, kept_session);
    DELETE FROM password_reset_tokens WHERE user_id = of_user;
    DELETE FROM email_change_tokens WHERE user_id = of_user;
    DELETE FROM known_clients WHERE user_id = of_user;
    INSERT INTO mail_outbox (kind, user_id, recipient) SELECT 'password_changed', id, email FROM users WHERE id = of_user;
END;
$$;
