-- Addresses that take no mail any more: it bounced for good, or its reader complained. Only a hash is kept, which
-- outlives the account, so that another registration does not send to the address again.

ALTER TYPE mail_given_up_reason ADD VALUE 'suppressed';

CREATE TYPE mail_suppression_reason AS ENUM ('bounce', 'complaint');

CREATE TABLE mail_suppressions (
    -- SHA-256 of the address in lower case.
    email_hash bytea PRIMARY KEY CHECK (length(email_hash) = 32),
    reason mail_suppression_reason NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
