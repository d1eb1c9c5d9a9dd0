-- Why a mail was given up, and the order in which mail is claimed: the fewest attempts first.

CREATE TYPE mail_given_up_reason AS ENUM ('outdated', 'too_old', 'undeliverable');

ALTER TABLE mail_outbox
    ADD COLUMN given_up_reason mail_given_up_reason,
    ADD CHECK (given_up_reason IS NULL OR given_up_at IS NOT NULL);

DROP INDEX mail_outbox_waiting;
CREATE INDEX mail_outbox_waiting ON mail_outbox (attempts, next_attempt_at)
    WHERE sent_at IS NULL AND given_up_at IS NULL;
