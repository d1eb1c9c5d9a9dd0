#!/usr/bin/env bash
# The life of an account against a running `make dev`, told step by step: each request and what it answers.
set -euo pipefail

api="${API:-http://localhost:8000}/api/v1/accounts"
mails="$(cd "$(dirname "$0")/.." && pwd)/.local/mail"
email="journey-$(date +%s)@example.com"

# Sends $3 as JSON to POST $2, shows the exchange, fails unless the status is $1, and keeps the body in $answer.
post() {
    local reply status
    reply=$(curl --silent --show-error --write-out '\n%{http_code}' "$api/$2" --json "$3")
    status=${reply##*$'\n'} answer=${reply%$'\n'*}
    printf 'POST %s %s\n  %s %s\n' "$2" "$3" "$status" "$answer"
    [ "$status" = "$1" ] || { echo "expected $1" >&2; exit 1; }
}

# The member $1 of the last answer.
member() { python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$answer" "$1"; }

# The token in the newest mail to this account whose subject holds $1.
token_from_mail() {
    python3 - "$mails" "$email" "$1" <<'PYTHON'
import email, email.policy, pathlib, re, sys, time

folder, address, subject = sys.argv[1:]
for _ in range(100):
    found = sorted(pathlib.Path(folder).glob("*.eml"), key=lambda path: path.stat().st_mtime)
    for path in reversed(found):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if address in mail["To"] and subject in mail["Subject"].lower():
            text = mail.get_body(("plain",)).get_content()
            print(re.search(r"token=([\w-]{43})", text)[1])
            sys.exit()
    time.sleep(0.1)
sys.exit(f"no mail about {subject!r} came to {folder}")
PYTHON
}

post 201 register/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
post 403 login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
token=$(token_from_mail activat)
post 200 activate/ '{"email": "'"$email"'", "token": "'"$token"'"}'

post 201 login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
access_token=$(member access_token) old_refresh_token=$(member refresh_token)
printf 'GET me/\n  %s\n' "$(curl --silent --fail "$api/me/" --header "Authorization: Bearer $access_token")"
post 200 refresh/ '{"refresh_token": "'"$old_refresh_token"'"}'

post 200 password-reset/request/ '{"email": "'"$email"'"}'
token=$(token_from_mail password)
post 200 reset-password/complete/ \
    '{"email": "'"$email"'", "token": "'"$token"'", "password": "AnotherPassword456#"}'
post 401 refresh/ '{"refresh_token": "'"$old_refresh_token"'"}'
post 401 login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
post 201 login/ '{"email": "'"$email"'", "password": "AnotherPassword456#"}'
post 204 logout/ '{"refresh_token": "'"$(member refresh_token)"'"}'
echo "The journey is complete."
