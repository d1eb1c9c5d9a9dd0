#!/usr/bin/env bash
# Requests that change nothing: the catalogue, and requests that the API must reject.
source "$(dirname "$0")/journey.bash"

send '200|404' GET theater/movies/
send 404 GET theater/movies/0/
send '401|429' POST accounts/login/ '{"email": "no-account@example.com", "password": "WrongPassword789$"}'
send 400 POST accounts/refresh/ '{"refresh_token": "none"}'
send 401 GET accounts/me/
send 404 GET no/such/path/
send 405 DELETE accounts/login/
