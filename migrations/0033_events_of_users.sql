-- no-transaction
-- For the deletion of accounts, which erases the user agents in their events.
CREATE INDEX CONCURRENTLY IF NOT EXISTS events_user_client ON events (user_id)
    WHERE client IS NOT NULL AND user_id IS NOT NULL;
