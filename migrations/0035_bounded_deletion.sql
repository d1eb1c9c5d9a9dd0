-- Lets a deletion take the same time however much the user has done, since other deletions wait for it (`is_last_admin`).

-- Erases the user agents in the events of a user who exists no more, in at most 5,000 events of each kind. The purge erases
-- the rest. Its owner's rights do no harm: what it erases must go anyway.
CREATE FUNCTION forget_clients(of_user bigint) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE events SET client = NULL WHERE NOT EXISTS (SELECT FROM users WHERE id = of_user) AND id IN (
        (SELECT id FROM events WHERE user_id = of_user AND client IS NOT NULL LIMIT 5000)
        UNION (SELECT id FROM events WHERE actor_id = of_user AND client IS NOT NULL LIMIT 5000)
    );
END;
$$;

CREATE OR REPLACE FUNCTION delete_user(of_user bigint, actor bigint DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE id = of_user FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    DELETE FROM activation_tokens WHERE user_id = of_user;
    DELETE FROM password_reset_tokens WHERE user_id = of_user;
    DELETE FROM users WHERE id = of_user;
    PERFORM forget_clients(of_user);
    INSERT INTO events (action, actor_id, user_id) VALUES ('account_deleted', actor, of_user);
END;
$$;

-- As before, but with the group's id, so that PostgreSQL knows how few users are admins and reads only these.
CREATE OR REPLACE FUNCTION is_last_admin(of_user bigint) RETURNS boolean LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    admins bigint := (SELECT id FROM user_groups WHERE name = 'admin');
BEGIN
    PERFORM pg_advisory_xact_lock(0x61646d696e73);
    RETURN coalesce(array_agg(id) = ARRAY[of_user], false) FROM (
        SELECT id FROM users WHERE group_id = admins AND is_active AND disabled_at IS NULL LIMIT 2
    ) AS found;
END;
$$;

-- Erases the user agents in at most `batch` events of users who were deleted in the last week, and returns in how many. A
-- few users may have made nearly all events, which makes PostgreSQL expect as many of each and read the whole table.
CREATE FUNCTION forget_deleted_clients(batch bigint) RETURNS bigint LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    erased bigint;
BEGIN
    WITH deletion AS MATERIALIZED (
        SELECT DISTINCT user_id FROM events WHERE action = 'account_deleted' AND at > now() - interval '7 days'
    ), over AS MATERIALIZED (
        SELECT event.id FROM deletion, LATERAL (
            (SELECT id FROM events WHERE events.user_id = deletion.user_id AND client IS NOT NULL LIMIT batch)
            UNION (SELECT id FROM events WHERE actor_id = deletion.user_id AND client IS NOT NULL LIMIT batch)
        ) AS event
        LIMIT batch
    ) UPDATE events SET client = NULL WHERE id = ANY (ARRAY(SELECT id FROM over)) AND client IS NOT NULL;
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END;
$$;
