#!/usr/bin/env bash
# A movie is created, found, changed and deleted against a running `make dev`, by a moderator: each request and
# what it answers.
source "$(dirname "$0")/journey.bash"
email="moderator-$(date +%s)@example.com"
name="Journey $(date +%s)"

send 201 POST accounts/register/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
token=$(token_from_mail "$email" activat)
send 200 POST accounts/activate/ '{"email": "'"$email"'", "token": "'"$token"'"}'
send 201 POST accounts/login/ '{"email": "'"$email"'", "password": "StrongPassword123!"}'
moderator=(--header "Authorization: Bearer $(member access_token)")

movie='{"name": "'"$name"'", "date": "1995-12-15", "score": 82.5, "overview": "Two walk to the sea.", "status": "Released", "budget": 60000000, "revenue": 187436818, "country": "US", "genres": ["crime", "drama"], "actors": ["al pacino"], "languages": ["english"]}'
send 401 POST theater/movies/ "$movie"
send 403 POST theater/movies/ "$movie" "${moderator[@]}"
make --silent --directory "$(dirname "$0")/../.." manage \
    COMMAND='{"command":"grant","email":"'"$email"'","group":"moderator"}'
send 201 POST theater/movies/ "$movie" "${moderator[@]}"
movie_id=$(member id)
send 409 POST theater/movies/ "$movie" "${moderator[@]}"

send 200 GET "theater/movies/?q=walking+sea&actor=Al+Pacino&year_from=1990&sort=-date&per_page=1"
send 200 PATCH "theater/movies/$movie_id/" '{"score": 90}' "${moderator[@]}"
send 412 PATCH "theater/movies/$movie_id/" '{"score": 10}' "${moderator[@]}" --header 'If-Match: "an old tag"'
send 200 GET "theater/movies/$movie_id/"
send 200 PUT "theater/movies/$movie_id/" "${movie/82.5/70}" "${moderator[@]}"
send 200 GET "theater/actors/?q=al+pac"
send 204 DELETE "theater/movies/$movie_id/" '' "${moderator[@]}"
send 404 GET "theater/movies/$movie_id/"
echo "The journey is complete."
