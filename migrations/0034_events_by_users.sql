-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS events_actor_client ON events (actor_id)
    WHERE client IS NOT NULL AND actor_id IS NOT NULL;
