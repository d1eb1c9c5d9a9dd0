-- The rights of the functions in the database. Each role has the tables and columns that its functions use, and no
-- others; the logins of the functions are members of these roles. The owner of the schema (`manage`) has all rights.
-- `{prefix}` stands for DATABASE_ROLE_PREFIX, so that two stacks can share a server. A new table or column needs its
-- grants here. Running the file again revokes what an earlier release granted.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY[
        '{prefix}_reader_rights', '{prefix}_writer_rights', '{prefix}_accounts_rights', '{prefix}_admin_rights',
        '{prefix}_profiles_rights', '{prefix}_mail_rights', '{prefix}_purge_rights'
    ] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END;
$$;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "{prefix}_reader_rights", "{prefix}_writer_rights",
    "{prefix}_accounts_rights", "{prefix}_admin_rights", "{prefix}_profiles_rights", "{prefix}_mail_rights",
    "{prefix}_purge_rights";

-- Reads the catalogue.
GRANT SELECT ON movies, movie_counts, countries, genres, actors, languages,
    movies_genres, actors_movies, movies_languages, movie_search, name_words, name_slips
    TO "{prefix}_reader_rights", "{prefix}_writer_rights";

-- Writes the catalogue; adds names but never changes them.
GRANT INSERT, UPDATE, DELETE ON movies TO "{prefix}_writer_rights";
GRANT INSERT ON countries, genres, actors, languages, movies_genres, actors_movies, movies_languages
    TO "{prefix}_writer_rights";
-- Removes the former links of a replaced movie.
GRANT DELETE ON movies_genres, actors_movies, movies_languages TO "{prefix}_writer_rights";
-- The search index.
GRANT INSERT, UPDATE (key, search) ON movie_search TO "{prefix}_writer_rights";
GRANT INSERT ON name_words TO "{prefix}_writer_rights";
-- Authenticates the user.
GRANT SELECT (id, is_active, disabled_at, tokens_valid_from, group_id) ON users
    TO "{prefix}_writer_rights", "{prefix}_admin_rights", "{prefix}_profiles_rights";
GRANT SELECT ON user_groups TO "{prefix}_writer_rights", "{prefix}_admin_rights", "{prefix}_profiles_rights";
GRANT SELECT (id, user_id, expires_at, last_used_at), UPDATE (last_used_at) ON refresh_tokens
    TO "{prefix}_writer_rights", "{prefix}_admin_rights", "{prefix}_profiles_rights";
-- Records events.
GRANT INSERT (action, actor_id, client) ON events TO "{prefix}_writer_rights";
GRANT INSERT (action, actor_id, user_id, client) ON events TO "{prefix}_accounts_rights", "{prefix}_admin_rights";

-- Manages profiles.
GRANT SELECT, INSERT, UPDATE, DELETE ON user_profiles TO "{prefix}_profiles_rights";

-- Manages accounts. Cannot move a user into another group or read queued mail.
GRANT SELECT (id, email, hashed_password, is_active, disabled_at, tokens_valid_from, created_at, group_id),
    INSERT (email, hashed_password, group_id), UPDATE (email, hashed_password, is_active, tokens_valid_from)
    ON users TO "{prefix}_accounts_rights";
GRANT SELECT ON user_groups TO "{prefix}_accounts_rights";
GRANT SELECT, INSERT, UPDATE, DELETE ON activation_tokens, password_reset_tokens, email_change_tokens,
    attempt_buckets
    TO "{prefix}_accounts_rights";
GRANT SELECT, INSERT, DELETE, UPDATE (last_used_at, token_hash, first_token_hash, rotated_at) ON refresh_tokens
    TO "{prefix}_accounts_rights";
-- A known client belongs to the account that last logged in, or set its password, from it.
GRANT SELECT, INSERT, DELETE, UPDATE (user_id, used_at) ON known_clients TO "{prefix}_accounts_rights";
GRANT INSERT (kind, user_id, token, recipient) ON mail_outbox TO "{prefix}_accounts_rights";
-- Deletes accounts. What refers to a user is deleted with the rights of the schema's owner.
GRANT DELETE ON users TO "{prefix}_accounts_rights";
GRANT SELECT (actor_id, user_id), UPDATE (client) ON events TO "{prefix}_accounts_rights";

-- Lists accounts and events. Moves users into groups, disables accounts, and ends what gave access to them.
GRANT SELECT (email, created_at), UPDATE (group_id, disabled_at, tokens_valid_from) ON users
    TO "{prefix}_admin_rights";
GRANT SELECT (user_id), DELETE ON activation_tokens, password_reset_tokens, email_change_tokens
    TO "{prefix}_admin_rights";
GRANT DELETE ON refresh_tokens TO "{prefix}_admin_rights";
GRANT SELECT ON events TO "{prefix}_admin_rights";
-- Exports accounts, without hashes and tokens.
GRANT SELECT (updated_at) ON users TO "{prefix}_admin_rights";
GRANT SELECT ON user_profiles TO "{prefix}_admin_rights";
GRANT SELECT (created_at, client) ON refresh_tokens TO "{prefix}_admin_rights";
GRANT SELECT (user_id, used_at) ON known_clients TO "{prefix}_admin_rights";
GRANT SELECT (expires_at) ON activation_tokens, password_reset_tokens, email_change_tokens TO "{prefix}_admin_rights";
GRANT SELECT (email) ON email_change_tokens TO "{prefix}_admin_rights";
GRANT SELECT (id, kind, user_id, created_at, sent_at, given_up_at) ON mail_outbox TO "{prefix}_admin_rights";

-- Sends mail: reads the queue, the recipients, and the expiry of the tokens.
GRANT SELECT, UPDATE (attempts, next_attempt_at, token, recipient, sent_at, given_up_at, given_up_reason) ON mail_outbox
    TO "{prefix}_mail_rights";
GRANT SELECT (id, email) ON users TO "{prefix}_mail_rights";
-- Suppresses addresses after bounces and complaints.
GRANT SELECT, INSERT (email_hash, reason) ON mail_suppressions TO "{prefix}_mail_rights";
GRANT SELECT (user_id, token_hash, expires_at) ON activation_tokens, password_reset_tokens, email_change_tokens
    TO "{prefix}_mail_rights";

-- Deletes old rows. To lock a row, PostgreSQL requires the right to update a column.
GRANT SELECT (id, expires_at), UPDATE (expires_at), DELETE
    ON activation_tokens, password_reset_tokens, email_change_tokens, refresh_tokens TO "{prefix}_purge_rights";
GRANT SELECT (id, sent_at, given_up_at), UPDATE (sent_at), DELETE ON mail_outbox TO "{prefix}_purge_rights";
GRANT SELECT (client, used_at), UPDATE (used_at), DELETE ON known_clients TO "{prefix}_purge_rights";
GRANT SELECT (bucket, full_at), UPDATE (full_at), DELETE ON attempt_buckets TO "{prefix}_purge_rights";
GRANT SELECT (id, at), UPDATE (at), DELETE ON events TO "{prefix}_purge_rights";
-- Deletes accounts that were never activated.
GRANT SELECT (id, is_active, disabled_at, created_at), UPDATE (updated_at), DELETE ON users TO "{prefix}_purge_rights";
GRANT SELECT (user_id) ON activation_tokens, password_reset_tokens TO "{prefix}_purge_rights";
GRANT SELECT (action, actor_id, user_id, client), INSERT (action, actor_id, user_id), UPDATE (client) ON events
    TO "{prefix}_purge_rights";
-- Deletes pictures that no profile names.
GRANT SELECT (picture) ON user_profiles TO "{prefix}_purge_rights";
