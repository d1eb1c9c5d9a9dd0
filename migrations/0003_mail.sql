-- Mail waiting to be sent. A row is written in the transaction that is its reason, so no mail leaves for a
-- change that was rolled back, and none is lost with a crash.

CREATE TYPE mail_kind AS ENUM ('activation', 'password_reset', 'password_changed');

CREATE TABLE mail_outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind mail_kind NOT NULL,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The token in clear, for the letter alone; wiped once the mail is sent, given up or replaced.
    token text,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    given_up_at timestamptz,
    CHECK (sent_at IS NULL OR given_up_at IS NULL),
    CHECK (token IS NULL OR (sent_at IS NULL AND given_up_at IS NULL))
);
CREATE INDEX mail_outbox_waiting ON mail_outbox (next_attempt_at)
    WHERE sent_at IS NULL AND given_up_at IS NULL;
CREATE INDEX mail_outbox_done ON mail_outbox (coalesce(sent_at, given_up_at))
    WHERE sent_at IS NOT NULL OR given_up_at IS NOT NULL;
CREATE INDEX mail_outbox_user_id ON mail_outbox (user_id);
