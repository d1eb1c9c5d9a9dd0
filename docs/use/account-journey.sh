#!/usr/bin/env bash
# The life of an account against a running `make dev`, or with MAILS in docker compose, told step by step: each request and what it answers.
source "$(dirname "$0")/journey.bash"
api="$api/accounts"
email="journey-$(date +%s)@example.com"

send 201 POST register/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
send 403 POST login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
token=$(token_from_mail "$email" activat)
send 200 POST activate/ '{"email": "'"$email"'", "token": "'"$token"'"}'

send 201 POST login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
access_token=$(member access_token) old_refresh_token=$(member refresh_token)
authorization="Authorization: Bearer $access_token"
send 200 GET me/ '' --header "$authorization"
user_id=$(member id)
send 200 POST refresh/ '{"refresh_token": "'"$old_refresh_token"'"}'

send 201 POST login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
other_refresh_token=$(member refresh_token)
send 200 GET sessions/ '' --header "$authorization"
session_id=$(python3 -c 'import json, sys; print(json.loads(sys.argv[1])["sessions"][0]["id"])' "$answer")
send 204 DELETE "sessions/$session_id/" '' --header "$authorization"
send 401 POST refresh/ '{"refresh_token": "'"$other_refresh_token"'"}'
send 204 DELETE sessions/ '' --header "$authorization"

profile="../profiles/users/$user_id/profile/"
send 201 POST "$profile" '' --header "$authorization" --form first_name=Ann --form last_name=Smith \
    --form gender=woman --form date_of_birth=1990-05-17 --form info='Likes heist movies.' \
    --form "avatar=@$(dirname "$0")/../images/activation.png"
send 200 GET "$profile" '' --header "$authorization"
send 200 PATCH "$profile" '' --header "$authorization" --form info='Likes musicals.'
send 204 DELETE "$profile" '' --header "$authorization"

send 422 POST password-change/ '{"old_password": "StrongPassword123!", "new_password": "Password1!"}' \
    --header "$authorization"
send 200 POST password-change/ '{"old_password": "StrongPassword123!", "new_password": "ChangedPassword789#"}' \
    --header "$authorization"
send 200 POST email-change/request/ '{"email": "moved-'"$email"'", "password": "ChangedPassword789#"}' \
    --header "$authorization"
email="moved-$email"
token=$(token_from_mail "$email" confirm)
send 200 POST email-change/complete/ '{"token": "'"$token"'"}'

send 200 POST password-reset/request/ '{"email": "'"$email"'"}'
token=$(token_from_mail "$email" reset)
send 200 POST reset-password/complete/ \
    '{"email": "'"$email"'", "token": "'"$token"'", "password": "AnotherPassword456#"}'
send 401 POST refresh/ '{"refresh_token": "'"$old_refresh_token"'"}'
send 401 POST login/ '{"email": "'"$email"'", "password": "ChangedPassword789#"}'
send 201 POST login/ '{"email": "'"$email"'", "password": "AnotherPassword456#"}'
send 204 POST logout/ '{"refresh_token": "'"$(member refresh_token)"'"}'

send 201 POST login/ '{"email": "'"$email"'", "password": "AnotherPassword456#"}'
authorization="Authorization: Bearer $(member access_token)"
send 200 GET me/export/ '' --header "$authorization"
send 400 DELETE me/ '{"password": "ChangedPassword789#"}' --header "$authorization"
send 204 DELETE me/ '{"password": "AnotherPassword456#"}' --header "$authorization"
send 401 GET me/ '' --header "$authorization"

# A stranger registers the address, and its owner chooses another password.
send 201 POST register/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
send 200 POST activate/resend/ '{"email": "'"$email"'"}'
token=$(token_from_mail "$email" choose)
send 200 POST activate/ '{"email": "'"$email"'", "token": "'"$token"'", "password": "ChosenPassword789#"}'
send 401 POST login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
send 201 POST login/ '{"email": "'"$email"'", "password": "ChosenPassword789#"}'
echo "The journey is complete."
