-- It returns at most one row. By default PostgreSQL expects a thousand, and then joins them to all users.
ALTER FUNCTION authenticate(bigint, bigint, bigint) ROWS 1;
