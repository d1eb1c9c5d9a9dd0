-- What the functions may do in the database: each group of rights has the tables and columns that its functions use,
-- and no others. `{prefix}` stands for DATABASE_ROLE_PREFIX, so that two stacks can share a server. The owner of the
-- schema (`manage`) may do everything; the logins of the others are members of one of these groups. A new table or
-- column gets its lines here. Safe to run again: what is granted is this list, whatever a release before granted.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY[
        '{prefix}_reader_rights', '{prefix}_writer_rights', '{prefix}_accounts_rights', '{prefix}_mail_rights',
        '{prefix}_purge_rights'
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
    "{prefix}_accounts_rights", "{prefix}_mail_rights", "{prefix}_purge_rights";

-- The catalogue, to read.
GRANT SELECT ON movies, movie_counts, countries, genres, actors, languages,
    movies_genres, actors_movies, movies_languages TO "{prefix}_reader_rights", "{prefix}_writer_rights";

-- The catalogue, to write; names are added and never changed. Triggers count movies with the writer's rights.
GRANT INSERT, UPDATE, DELETE ON movies TO "{prefix}_writer_rights";
GRANT INSERT ON countries, genres, actors, languages, movies_genres, actors_movies, movies_languages
    TO "{prefix}_writer_rights";
GRANT UPDATE (movies) ON movie_counts TO "{prefix}_writer_rights";
-- Whether the user may write.
GRANT SELECT (id, is_active, disabled_at, tokens_valid_from, group_id) ON users TO "{prefix}_writer_rights";
GRANT SELECT ON user_groups TO "{prefix}_writer_rights";
GRANT SELECT (id, user_id, expires_at, last_used_at), UPDATE (last_used_at) ON refresh_tokens
    TO "{prefix}_writer_rights";

-- Accounts. Nothing here moves a user into another group, and waiting mail is written only.
GRANT SELECT (id, email, hashed_password, is_active, disabled_at, tokens_valid_from, created_at, group_id),
    INSERT (email, hashed_password, group_id), UPDATE (email, hashed_password, is_active, tokens_valid_from)
    ON users TO "{prefix}_accounts_rights";
GRANT SELECT ON user_groups TO "{prefix}_accounts_rights";
GRANT SELECT, INSERT, UPDATE, DELETE ON activation_tokens, password_reset_tokens, email_change_tokens,
    attempt_buckets
    TO "{prefix}_accounts_rights";
GRANT SELECT, INSERT, DELETE, UPDATE (last_used_at, token_hash, first_token_hash, rotated_at) ON refresh_tokens
    TO "{prefix}_accounts_rights";
-- Where an account has logged in from; a known client moves on to the account that logs in there.
GRANT SELECT, INSERT, DELETE, UPDATE (user_id, used_at) ON known_clients TO "{prefix}_accounts_rights";
GRANT INSERT (kind, user_id, token, recipient) ON mail_outbox TO "{prefix}_accounts_rights";

-- Mail: what waits, to whom it goes, and until when its token is good.
GRANT SELECT, UPDATE (attempts, next_attempt_at, token, recipient, sent_at, given_up_at, given_up_reason) ON mail_outbox
    TO "{prefix}_mail_rights";
GRANT SELECT (id, email) ON users TO "{prefix}_mail_rights";
-- Addresses that take none, of which SES tells.
GRANT SELECT, INSERT (email_hash, reason) ON mail_suppressions TO "{prefix}_mail_rights";
GRANT SELECT (user_id, token_hash, expires_at) ON activation_tokens, password_reset_tokens, email_change_tokens
    TO "{prefix}_mail_rights";

-- Purging: when a row is over, and deleting it. To lock a row PostgreSQL wants the right to update some column.
GRANT SELECT (id, expires_at), UPDATE (expires_at), DELETE
    ON activation_tokens, password_reset_tokens, email_change_tokens, refresh_tokens TO "{prefix}_purge_rights";
GRANT SELECT (id, sent_at, given_up_at), UPDATE (sent_at), DELETE ON mail_outbox TO "{prefix}_purge_rights";
GRANT SELECT (client, used_at), UPDATE (used_at), DELETE ON known_clients TO "{prefix}_purge_rights";
GRANT SELECT (bucket, full_at), UPDATE (full_at), DELETE ON attempt_buckets TO "{prefix}_purge_rights";
