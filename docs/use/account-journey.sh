#!/usr/bin/env bash
# The life of an account, step by step: each request and what it answers. The account is deleted at the end.
source "$(dirname "$0")/journey.bash"
needs_commands "the life of an account"
api="$api/accounts"
login='{"email": "'"$email"'", "password": "StrongPassword123!"}'

send 201 POST register/ "$login"
trap 'manage "{\"command\": \"delete\", \"email\": \"$email\"}"' EXIT
send 409 POST register/ "$login"
send 403 POST login/ "$login"
token=$(token_from_mail activate)
activation='{"email": "'"$email"'", "token": "'"$token"'"}'
send 200 POST activate/ "$activation"
send 400 POST activate/ "$activation"

send 201 POST login/ "$login"
old_refresh_token=$(member refresh_token)
authorization="Authorization: Bearer $(member access_token)"
send 200 GET me/ '' --header "$authorization"
check "the email" "$(member email)" "$email"
check "is_active" "$(member is_active)" true
user_id=$(member id)
send 200 POST refresh/ '{"refresh_token": "'"$old_refresh_token"'"}'
send 200 GET me/ '' --header "Authorization: Bearer $(member access_token)"

send 201 POST login/ "$login"
other_refresh_token=$(member refresh_token)
send 200 GET sessions/ '' --header "$authorization"
send 204 DELETE "sessions/$(member sessions 0 id)/" '' --header "$authorization"
send 401 POST refresh/ '{"refresh_token": "'"$other_refresh_token"'"}'
send 204 DELETE sessions/ '' --header "$authorization"

profile="../profiles/users/$user_id/profile/"
send 201 POST "$profile" '' --header "$authorization" --form first_name=Ann --form last_name=Smith \
    --form gender=woman --form date_of_birth=1990-05-17 --form info='Likes heist movies.' \
    --form "avatar=@$(dirname "$0")/../images/activation.png"
picture=$(member avatar)
check "the type of the picture" "$(curl --silent --show-error --max-time 60 --output /dev/null \
    --write-out '%{http_code} %{content_type}' "$picture")" "200 image/jpeg"
send 200 GET "$profile" '' --header "$authorization"
send 200 PATCH "$profile" '' --header "$authorization" --form info='Likes musicals.'
send 204 DELETE "$profile" '' --header "$authorization"

send 422 POST password-change/ '{"old_password": "StrongPassword123!", "new_password": "Password1!"}' \
    --header "$authorization"
send 200 POST password-change/ '{"old_password": "StrongPassword123!", "new_password": "ChangedPassword789#"}' \
    --header "$authorization"
new_email="${email%@*}-moved@${email##*@}"
send 200 POST email-change/request/ '{"email": "'"$new_email"'", "password": "ChangedPassword789#"}' \
    --header "$authorization"
token=$(email=$new_email token_from_mail email-change/complete)
send 200 POST email-change/complete/ '{"token": "'"$token"'"}'
email=$new_email

send 200 POST password-reset/request/ '{"email": "'"$email"'"}'
token=$(token_from_mail reset-password/complete)
new_login='{"email": "'"$email"'", "password": "AnotherPassword456#"}'
send 200 POST reset-password/complete/ "${new_login%\}}, \"token\": \"$token\"}"
send 401 POST refresh/ '{"refresh_token": "'"$old_refresh_token"'"}'
send 401 POST login/ '{"email": "'"$email"'", "password": "ChangedPassword789#"}'
send 201 POST login/ "$new_login"
session='{"refresh_token": "'"$(member refresh_token)"'"}'
send 204 POST logout/ "$session"
send 401 POST refresh/ "$session"

send 201 POST login/ "$new_login"
authorization="Authorization: Bearer $(member access_token)"
send 200 GET me/export/ '' --header "$authorization"
send 400 DELETE me/ '{"password": "ChangedPassword789#"}' --header "$authorization"
send 204 DELETE me/ '{"password": "AnotherPassword456#"}' --header "$authorization"
send 401 GET me/ '' --header "$authorization"

# A stranger registers the address, and its owner chooses another password.
send 201 POST register/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
send 200 POST activate/resend/ '{"email": "'"$email"'"}'
token=$(token_from_mail "password to POST /api/v1/accounts/activate")
send 200 POST activate/ '{"email": "'"$email"'", "token": "'"$token"'", "password": "ChosenPassword789#"}'
send 401 POST login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
send 201 POST login/ '{"email": "'"$email"'", "password": "ChosenPassword789#"}'
echo "The account's journey is complete."
