-- Rate limits that spare the owner of an account. take_attempt and give_back_attempt stay for the functions of the
-- release before.

-- Where an account has logged in from. Its limits there are its own, whatever others try elsewhere.
CREATE TABLE known_clients (
    -- The SHA-256 of the account's address and the client's network.
    client bytea PRIMARY KEY CHECK (octet_length(client) = 32),
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    used_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX known_clients_user_id ON known_clients (user_id, used_at);
CREATE INDEX known_clients_used_at ON known_clients (used_at);

-- Takes one token from every bucket, or from none when a bucket that binds is empty. Returns 0, or the seconds
-- until that bucket has a token. A bucket that does not bind goes into debt instead. Without addresses no bucket
-- is about one; without is_binding all bind.
-- All callers name buckets in one order, with at most one bucket of each scope, so that no deadlock is possible.
CREATE FUNCTION rate_limit_take(
    buckets bytea[],
    capacities integer[],
    period interval,
    addresses bytea[] DEFAULT NULL,
    is_binding boolean[] DEFAULT NULL
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    instant timestamptz;
    token interval;
    wait interval;
BEGIN
    FOR i IN 1 .. cardinality(buckets) LOOP
        instant := clock_timestamp();
        token := period / capacities[i];
        INSERT INTO attempt_buckets AS known (bucket, address, full_at)
        VALUES (buckets[i], addresses[i], instant + token)
        ON CONFLICT (bucket) DO UPDATE SET full_at = greatest(known.full_at, instant) + token
        WHERE NOT coalesce(is_binding[i], true) OR greatest(known.full_at, instant) + token <= instant + period;
        IF NOT FOUND THEN
            SELECT full_at + token - period - instant INTO wait FROM attempt_buckets WHERE bucket = buckets[i];
            PERFORM rate_limit_give_back(buckets[1 : i - 1], capacities[1 : i - 1], period);
            RETURN greatest(1, ceil(extract(epoch FROM coalesce(wait, token))));
        END IF;
    END LOOP;
    RETURN 0;
END;
$$;

-- Puts back what rate_limit_take took.
CREATE FUNCTION rate_limit_give_back(buckets bytea[], capacities integer[], period interval)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(buckets) LOOP
        UPDATE attempt_buckets SET full_at = full_at - period / capacities[i] WHERE bucket = buckets[i];
    END LOOP;
END;
$$;
