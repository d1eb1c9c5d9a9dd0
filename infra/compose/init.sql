-- Runs once, as the superuser, when the volume is empty. The schema is the migrator's.

-- A query window of pgAdmin left open in a transaction must not hold up the migrator for good.
ALTER SYSTEM SET idle_in_transaction_session_timeout = '15min';
-- `docker compose logs db` shows what is slow and what waits.
ALTER SYSTEM SET log_min_duration_statement = '500ms';
ALTER SYSTEM SET log_lock_waits = on;
-- As on RDS, whatever the machine's.
ALTER SYSTEM SET timezone = 'UTC';
