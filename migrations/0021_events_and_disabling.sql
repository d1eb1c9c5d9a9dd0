-- The audit trail, and accounts that admins change and disable.

CREATE TYPE event_action AS ENUM (
    'account_registered', 'account_activated', 'account_disabled', 'account_enabled', 'account_deleted',
    'password_changed', 'password_reset', 'email_changed', 'group_changed',
    'login', 'login_failed', 'logout', 'session_ended', 'sessions_ended', 'refresh_token_reused',
    'movie_created', 'movie_replaced', 'movie_updated', 'movie_deleted', 'movies_imported',
    'names_renamed', 'names_merged', 'names_removed', 'database_adopted'
);

-- What was done to accounts and to the catalogue. Ids outlive their accounts, so there are no foreign keys.
CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    action event_action NOT NULL,
    -- The user who did it. Null if that is unknown: before a login, by `manage`, and with MOVIE_WRITES=open.
    actor_id bigint,
    -- The account that it was done to. Null for the catalogue.
    user_id bigint,
    -- The user agent of the request.
    client text CHECK (char_length(client) <= 255)
);
CREATE INDEX events_at ON events (at);
CREATE INDEX events_user_id ON events (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX events_actor_id ON events (actor_id, id) WHERE actor_id IS NOT NULL;

-- Returns whether a user is the only admin who is active and not disabled. Who demotes, disables or deletes an admin calls
-- it first: its lock lasts until the transaction ends, so that two at once do not leave no admin.
CREATE FUNCTION is_last_admin(of_user bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(0x61646d696e73);
    RETURN coalesce(array_agg(id) = ARRAY[of_user], false) FROM (
        SELECT users.id FROM users JOIN user_groups ON user_groups.id = group_id
        WHERE name = 'admin' AND is_active AND disabled_at IS NULL LIMIT 2
    ) AS admins;
END;
$$;

-- Puts a user into a group, and disables or enables the account; null leaves either as it is. Returns the account as it is
-- then: nothing if there is none, and unchanged with `is_refused` if it would leave no admin. Disabling ends the sessions
-- and deletes the tokens that were mailed.
CREATE FUNCTION change_account(
    of_user bigint,
    new_group user_group,
    disables boolean,
    actor bigint,
    user_agent text,
    OUT is_refused boolean,
    OUT address text,
    OUT in_group user_group,
    OUT activated boolean,
    OUT disabled boolean,
    OUT registered_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    is_last boolean := is_last_admin(of_user);
BEGIN
    PERFORM FROM users WHERE id = of_user FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT email, name, is_active, disabled_at IS NOT NULL, created_at
    INTO address, in_group, activated, disabled, registered_at
    FROM users JOIN user_groups ON user_groups.id = group_id WHERE users.id = of_user;
    is_refused := is_last AND coalesce(new_group <> 'admin' OR disables, false);
    IF is_refused THEN
        RETURN;
    END IF;

    IF new_group <> in_group THEN
        UPDATE users SET group_id = (SELECT id FROM user_groups WHERE name = new_group) WHERE id = of_user;
        INSERT INTO events (action, actor_id, user_id, client) VALUES ('group_changed', actor, of_user, user_agent);
        in_group := new_group;
    END IF;
    IF disables AND NOT disabled THEN
        UPDATE users SET disabled_at = now() WHERE id = of_user;
        PERFORM end_sessions(of_user);
        DELETE FROM activation_tokens WHERE user_id = of_user;
        DELETE FROM password_reset_tokens WHERE user_id = of_user;
        DELETE FROM email_change_tokens WHERE user_id = of_user;
        INSERT INTO events (action, actor_id, user_id, client) VALUES ('account_disabled', actor, of_user, user_agent);
    ELSIF NOT disables AND disabled THEN
        UPDATE users SET disabled_at = NULL WHERE id = of_user;
        INSERT INTO events (action, actor_id, user_id, client) VALUES ('account_enabled', actor, of_user, user_agent);
    END IF;
    disabled := coalesce(disables, disabled);
END;
$$;

-- As before, but not for a disabled account, whose token a request stored while it was disabled.
CREATE OR REPLACE FUNCTION reset_password(of_user bigint, token bytea, new_hash text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = of_user AND is_active AND disabled_at IS NULL FOR NO KEY UPDATE;
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
