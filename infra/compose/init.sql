-- Runs once, as the superuser, on an empty volume. The migrator creates the schema.

-- Ends transactions that a query window of pgAdmin leaves open, because they would block the migrator.
ALTER SYSTEM SET idle_in_transaction_session_timeout = '15min';
-- Shows slow statements and lock waits in `docker compose logs db`.
ALTER SYSTEM SET log_min_duration_statement = '500ms';
ALTER SYSTEM SET log_lock_waits = on;
-- As on RDS, independent of the machine.
ALTER SYSTEM SET timezone = 'UTC';
