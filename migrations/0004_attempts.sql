-- Limits on attempts: token buckets, kept as the time at which each is full again (the "theoretical arrival
-- time" of the generic cell rate algorithm). A bucket whose time has passed is full, and its row says nothing.

CREATE TABLE attempt_buckets (
    bucket bytea PRIMARY KEY CHECK (octet_length(bucket) = 32),
    -- The SHA-256 of the address the bucket is about, so that a reset password can empty its buckets.
    address bytea CHECK (octet_length(address) = 32),
    full_at timestamptz NOT NULL
);
CREATE INDEX attempt_buckets_address ON attempt_buckets (address);
CREATE INDEX attempt_buckets_full_at ON attempt_buckets (full_at);

-- Takes one token from every bucket, or from none. Answers 0, or in how many seconds the emptiest has one.
-- All callers name an address's own bucket first, so that two at once never wait in a circle.
CREATE FUNCTION take_attempt(buckets bytea[], addresses bytea[], capacities integer[], period interval)
RETURNS integer LANGUAGE plpgsql AS $$
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
        WHERE greatest(known.full_at, instant) + token <= instant + period;
        IF NOT FOUND THEN
            SELECT full_at + token - period - instant INTO wait FROM attempt_buckets WHERE bucket = buckets[i];
            PERFORM give_back_attempt(buckets[1 : i - 1], capacities[1 : i - 1], period);
            RETURN greatest(1, ceil(extract(epoch FROM coalesce(wait, token))));
        END IF;
    END LOOP;
    RETURN 0;
END;
$$;

-- Puts back what take_attempt took.
CREATE FUNCTION give_back_attempt(buckets bytea[], capacities integer[], period interval)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(buckets) LOOP
        UPDATE attempt_buckets SET full_at = full_at - period / capacities[i] WHERE bucket = buckets[i];
    END LOOP;
END;
$$;
