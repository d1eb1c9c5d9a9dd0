#!/usr/bin/env bash
# An admin finds, changes, disables and enables an account, and reads what was done, against a running `make dev`: each
# request and what it answers.
source "$(dirname "$0")/journey.bash"
api="$api/accounts"
now=$(date +%s)
admin_email="admin-$now@example.com"
email="reader-$now@example.com"

for address in "$admin_email" "$email"; do
    send 201 POST register/ '{"email": "'"$address"'", "password": "StrongPassword123!"}'
    token=$(token_from_mail "$address" activat)
    send 200 POST activate/ '{"email": "'"$address"'", "token": "'"$token"'"}'
done
make --silent --directory "$(dirname "$0")/../.." manage \
    COMMAND='{"command":"grant","email":"'"$admin_email"'","group":"admin"}'
send 201 POST login/ '{"email": "'"$admin_email"'", "password": "StrongPassword123!"}'
admin=(--header "Authorization: Bearer $(member access_token)")
send 201 POST login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
reader=(--header "Authorization: Bearer $(member access_token)")

send 403 GET users/ '' "${reader[@]}"
send 200 GET "users/?q=$email&state=active" '' "${admin[@]}"
user_id=$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["users"][0]["id"])' "$answer")
send 200 PATCH "users/$user_id/" '{"group": "moderator", "is_disabled": true}' "${admin[@]}"
send 401 GET me/ '' "${reader[@]}"
send 403 POST login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
send 404 GET "users/?q=$email&state=active" '' "${admin[@]}"
send 200 GET "events/?user_id=$user_id&per_page=2" '' "${admin[@]}"
send 200 PATCH "users/$user_id/" '{"is_disabled": false}' "${admin[@]}"
send 201 POST login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
echo "The journey is complete."
