-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS users_unverified ON users (created_at) WHERE NOT is_active;
