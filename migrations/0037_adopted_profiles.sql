-- The id that a profile has here, where that of the original may have been in use. Users may delete such a profile and make
-- another one, which a later run must leave alone.
ALTER TABLE adopted_rows ADD COLUMN profile_id bigint;
UPDATE adopted_rows SET profile_id = user_profiles.id
FROM user_profiles WHERE kind = 'profile' AND user_profiles.user_id = adopted_rows.user_id;
