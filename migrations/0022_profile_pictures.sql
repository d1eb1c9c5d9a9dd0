-- Pictures of profiles. `avatar` is the key that clients see; `picture` names the version that is stored under it.

ALTER TABLE user_profiles
    -- Random, so that it cannot be guessed, and new with each upload: each has an object of its own in the storage.
    -- NULL where there is no object, as in profiles of the original service.
    ADD COLUMN picture text UNIQUE CHECK (picture ~ '^[A-Za-z0-9_-]{43}$');

-- Returns what the user of an access token with these claims may do with the profile of a user:
-- 'ended' if the token's session has ended, 'forbidden' for another user than the owner, a moderator or an admin, each
-- active and enabled, 'inactive' if the owner is not there, not active or disabled, otherwise 'granted'.
CREATE FUNCTION profile_access(claimed_user bigint, claimed_session bigint, issued_at bigint, owner bigint)
RETURNS text LANGUAGE sql AS $$
    SELECT CASE
        WHEN caller.user_id IS NULL
            AND (claimed_session IS NOT NULL OR EXISTS (SELECT FROM users WHERE id = claimed_user)) THEN 'ended'
        WHEN caller.user_id IS NULL OR NOT caller.is_active OR caller.is_disabled THEN 'forbidden'
        WHEN caller.user_id <> owner AND caller.group_name NOT IN ('moderator', 'admin') THEN 'forbidden'
        WHEN NOT EXISTS (SELECT FROM users WHERE id = owner AND is_active AND disabled_at IS NULL) THEN 'inactive'
        ELSE 'granted'
    END
    FROM (SELECT) AS always LEFT JOIN authenticate(claimed_user, claimed_session, issued_at) AS caller ON true
$$;
