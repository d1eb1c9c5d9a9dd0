#!/usr/bin/env bash
# A moderator creates, finds, changes and deletes a movie: each request and what it answers. Movie and account are
# deleted at the end, also after a failure.
source "$(dirname "$0")/journey.bash"
needs_commands "the life of a movie"

# Prints the names of the genres, actors or languages ($1) of the last answer as JSON.
names() {
    python3 -c 'import json, sys; print(json.dumps([one["name"] for one in json.loads(sys.argv[1])[sys.argv[2]]]))' \
        "$answer" "$1"
}

clean_up() {
    # A failure ends only the subshell, so that the account is deleted too.
    [ -z "${movie_id:-}" ] || (send '204|404' DELETE "theater/movies/$movie_id/" '' "${moderator[@]}") || true
    manage '{"command": "delete", "email": "'"$email"'"}'
}

login='{"email": "'"$email"'", "password": "StrongPassword123!"}'
send 201 POST accounts/register/ "$login"
trap clean_up EXIT
token=$(token_from_mail activate)
send 200 POST accounts/activate/ '{"email": "'"$email"'", "token": "'"$token"'"}'
send 201 POST accounts/login/ "$login"
moderator=(--header "Authorization: Bearer $(member access_token)")

# Genres, actors and languages outlive their movie, so this one has those of another movie.
country=US genres=[] actors=[] languages=[]
send '200|404' GET "theater/movies/?per_page=1"
if [ "$status" = 200 ]; then
    send 200 GET "theater/movies/$(member movies 0 id)/"
    country=$(member country code) genres=$(names genres) actors=$(names actors) languages=$(names languages)
fi
movie='{"name": "Journey '"$label"'", "date": "1995-12-15", "score": 82.5, "overview": "Two walk to '"$label"'.", "status": "Released", "budget": 60000000, "revenue": 187436818, "country": "'"$country"'", "genres": '"$genres"', "actors": '"$actors"', "languages": '"$languages"'}'

send 401 POST theater/movies/ "$movie"
send 403 POST theater/movies/ "$movie" "${moderator[@]}"
manage '{"command": "grant", "email": "'"$email"'", "group": "moderator"}'
send 201 POST theater/movies/ "$movie" "${moderator[@]}"
movie_id=$(member id) created=$answer
send 409 POST theater/movies/ "$movie" "${moderator[@]}"
send 422 POST theater/movies/ "${movie/82.5/101}" "${moderator[@]}"

# Caches may still have the previous catalogue, but not for this query.
send 200 GET "theater/movies/?q=walking+$label&year_from=1990&sort=-date&per_page=1"
check "the movie that was found" "$(member movies 0 id)" "$movie_id"
send 200 PATCH "theater/movies/$movie_id/" '{"score": 90}' "${moderator[@]}"
send 412 PATCH "theater/movies/$movie_id/" '{"score": 10}' "${moderator[@]}" --header 'If-Match: "an old tag"'
send 200 GET "theater/movies/$movie_id/"
check "the score" "$(member score)" 90.0
send 200 PUT "theater/movies/$movie_id/" "${movie/82.5/70.5}" "${moderator[@]}"
check "the movie" "$answer" "${created/82.5/70.5}"
send '200|404' GET "theater/actors/?q=al+pac"
send 204 DELETE "theater/movies/$movie_id/" '' "${moderator[@]}"
send 404 DELETE "theater/movies/$movie_id/" '' "${moderator[@]}"
movie_id=
echo "The movie's journey is complete."
