-- As before, but the sessions go before the profile, because requests lock them in this order: one that changes the profile
-- of a user who is being deleted could deadlock with the deletion.
CREATE OR REPLACE FUNCTION delete_user(of_user bigint, actor bigint DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = of_user FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    DELETE FROM activation_tokens WHERE user_id = of_user;
    DELETE FROM password_reset_tokens WHERE user_id = of_user;
    -- The purge may not read whose sessions there are. It deletes users who were never activated and have none.
    IF has_column_privilege('refresh_tokens', 'user_id', 'SELECT') THEN
        DELETE FROM refresh_tokens WHERE user_id = of_user;
    END IF;
    DELETE FROM users WHERE id = of_user;
    PERFORM forget_clients(of_user);
    INSERT INTO events (action, actor_id, user_id) VALUES ('account_deleted', actor, of_user);
END;
$$;
