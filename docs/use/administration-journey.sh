#!/usr/bin/env bash
# An admin finds, changes, disables and enables an account, and reads what was done: each request and what it answers.
# Both accounts are deleted at the end, the admin's unless it is the last one.
source "$(dirname "$0")/journey.bash"
needs_commands "the administration"
api="$api/accounts"
admin_email="${email%@*}-admin@${email##*@}"

clean_up() {
    for address in "$admin_email" "$email"; do
        (manage '{"command": "delete", "email": "'"$address"'"}') || true
    done
}

trap clean_up EXIT
for address in "$admin_email" "$email"; do
    send 201 POST register/ '{"email": "'"$address"'", "password": "StrongPassword123!"}'
    token=$(email=$address token_from_mail activate)
    send 200 POST activate/ '{"email": "'"$address"'", "token": "'"$token"'"}'
done
manage '{"command": "grant", "email": "'"$admin_email"'", "group": "admin"}'
send 201 POST login/ '{"email": "'"$admin_email"'", "password": "StrongPassword123!"}'
admin=(--header "Authorization: Bearer $(member access_token)")
send 201 POST login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
reader=(--header "Authorization: Bearer $(member access_token)")

send 403 GET users/ '' "${reader[@]}"
# Encoded, because + means a blank in a query.
query="users/?q=${email/+/%2B}&state=active"
send 200 GET "$query" '' "${admin[@]}"
user_id=$(member users 0 id)
send 200 PATCH "users/$user_id/" '{"group": "moderator", "is_disabled": true}' "${admin[@]}"
send 401 GET me/ '' "${reader[@]}"
send 403 POST login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
send 404 GET "$query" '' "${admin[@]}"
send 200 GET "events/?user_id=$user_id&per_page=2" '' "${admin[@]}"
send 200 PATCH "users/$user_id/" '{"is_disabled": false}' "${admin[@]}"
send 201 POST login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
echo "The administration's journey is complete."
