# What the journeys of this folder share: requests, which are shown with their responses, mail, and commands for `manage`.
# docs/run/journey.md describes the variables URL, TOKEN_COMMAND, MANAGE_COMMAND and EMAIL.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
URL=${URL:-http://localhost:8000}
api="${URL%/}/api/v1"
# Each run has an address of its own in the mailbox.
label="journey$(date +%s)$RANDOM"
email=${EMAIL:-journey@example.com}
email="${email%@*}+$label@${email##*@}"

# Ends a journey that needs commands for mail and `manage`, if the API is not on this machine and they are not set.
needs_commands() {
    case $URL in
    http://localhost* | http://127.0.0.1*) return ;;
    esac
    [ "${TOKEN_COMMAND:-}" ] && [ "${MANAGE_COMMAND:-}" ] && return
    echo "Left out: $1, which needs TOKEN_COMMAND and MANAGE_COMMAND (docs/run/journey.md)."
    exit 0
}

# Sends method $2 to path $3 with $4 as JSON (none if empty) and more options of curl. Shows the exchange, and fails
# unless the status is $1, or one of several separated by |. Keeps the body in $answer and the status in $status.
send() {
    local expected=$1 method=$2 path=$3 body=${4:-} reply
    shift $(($# < 4 ? $# : 4))
    reply=$(curl --silent --show-error --max-time 60 --write-out '\n%{http_code}' "$api/$path" \
        ${body:+--header 'Content-Type: application/json' --data "$body"} --request "$method" "$@")
    status=${reply##*$'\n'} answer=${reply%$'\n'*}
    # Tokens are secrets, and long.
    printf '%s %s %s\n  %s %s\n' "$method" "$path" "$body" "$status" "$answer" | sed -E 's/([A-Za-z0-9_-]{6})[A-Za-z0-9._-]{37,}/\1…/g'
    [[ $status =~ ^($expected)$ ]] || fail "$method $path answers $status instead of $expected"
    case $status in
    204) ;;
    [45]*) [[ $answer == '{'*'"detail":'*'}' ]] || fail "an error has no detail" ;;
    *) [[ $answer == '{'*'}' ]] || fail "the response is not a JSON object" ;;
    esac
}

fail() {
    echo "error: $1" >&2
    exit 1
}

# Fails unless $2 is $3; $1 says what it is.
check() { [ "$2" = "$3" ] || fail "$1 is $2 instead of $3"; }

# Prints a value inside the last answer, which its keys and indices lead to.
member() {
    python3 -c '
import json, sys
value = json.loads(sys.argv[1])
for key in sys.argv[2:]:
    value = value[int(key) if isinstance(value, list) else key]
print(value if isinstance(value, str) else json.dumps(value))' "$answer" "$@"
}

# Invokes `manage` with the JSON event $1.
manage() {
    local result
    echo "manage $1"
    result=$(EVENT=$1 sh -c "${MANAGE_COMMAND:-make --silent --directory '$root' manage COMMAND=\"\$EVENT\"}")
    # Lambda responds 200 to an error of a function, and the AWS CLI exits with 0.
    [[ $result != *errorMessage* ]] || fail "$result"
}

# Prints the token in the newest mail that asks to send it to endpoint $1, before which more words may stand. Mails come
# within three minutes.
token_from_mail() {
    local text token
    for _ in {1..180}; do
        text=$(mails) || fail "the mails cannot be read"
        token=$(python3 -c '
import re, sys
found = re.findall(rf"{sys.argv[1]}/[^:]*:\s+([\w-]{{43}})\s", sys.stdin.read())
print(found[-1] if found else "")' "$1" <<<"$text")
        [ -z "$token" ] || break
        sleep 1
    done
    [ "$token" ] || fail "no mail with a token for $1 came within three minutes"
    echo "$token"
}

# Prints the mails to $email in a subshell, by default those of `make dev`, the newest last.
mails() {
    if [ "${TOKEN_COMMAND:-}" ]; then
        EMAIL=$email sh -c "$TOKEN_COMMAND"
    elif cd "$root/.local/mail" 2>/dev/null; then
        ls -tr | while read -r name; do ! grep -qF "$email" "$name" || cat "$name"; done
    fi
}
