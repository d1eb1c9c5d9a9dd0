# What the journeys share: requests that are shown with their answers, and the mail that came.

set -euo pipefail

api="${API:-http://localhost:8000}/api/v1"
# A folder of mails, or where Mailpit answers: MAILS=http://localhost:8025
mails="${MAILS:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.local/mail}"

# Sends method $2 to path $3 with $4 as JSON (none if empty) and more options of curl; shows the exchange, fails
# unless the status is $1, and keeps the body in $answer.
send() {
    local expected=$1 method=$2 path=$3 body=${4:-} reply status
    shift $(($# < 4 ? $# : 4))
    reply=$(curl --silent --show-error --write-out '\n%{http_code}' "$api/$path" ${body:+--json "$body"} \
        --request "$method" "$@")
    status=${reply##*$'\n'} answer=${reply%$'\n'*}
    printf '%s %s %s\n  %s %s\n' "$method" "$path" "$body" "$status" "$answer"
    [ "$status" = "$expected" ] || { echo "expected $expected" >&2; exit 1; }
}

# The member $1 of the last answer.
member() { python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$answer" "$1"; }

# The token in the newest mail to $1 whose subject holds $2.
token_from_mail() {
    python3 - "$mails" "$1" "$2" <<'PYTHON'
import email, email.policy, json, pathlib, re, sys, time, urllib.request

mails, address, subject = sys.argv[1:]

def read(path):
    with urllib.request.urlopen(f"{mails}/api/v1/{path}") as answer:
        return answer.read()

def newest_first():
    if mails.startswith("http"):
        return (read(f"message/{found['ID']}/raw") for found in json.loads(read("messages"))["messages"])
    found = sorted(pathlib.Path(mails).glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    return (path.read_bytes() for path in found)

for _ in range(100):
    for source in newest_first():
        mail = email.message_from_bytes(source, policy=email.policy.default)
        if address in mail["To"] and subject in mail["Subject"].lower():
            text = mail.get_body(("plain",)).get_content()
            print(re.search(r"^([\w-]{43})\s*$", text, re.MULTILINE)[1])
            sys.exit()
    time.sleep(0.1)
sys.exit(f"no mail about {subject!r} came to {mails}")
PYTHON
}
