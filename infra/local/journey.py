"""Sends a client's requests to an API and checks the responses (`make journey`), because tests do not run on AWS.

URL is the address of the API, such as the stack's output Url. There are three parts; the last two need commands for
mail and for `manage`, which have no HTTP:

- requests that change nothing: the catalogue, and requests that the API must reject;
- the life of an account: registration, activation by the token from the mail, login, password reset;
- the life of a movie: that user creates it as a moderator, finds, changes and deletes it.

TOKEN_COMMAND prints the mails to $EMAIL, or the newest; MANAGE_COMMAND invokes `manage` with the JSON in $EVENT and
prints its answer. On this machine both default to what `make dev` has. Movie and account are deleted at the end, also
after a failure. EMAIL is the mailbox; each run adds a label (`+journey…`).
"""

import http.client
import json
import os
import re
import secrets
import subprocess
import time
import urllib.parse

import manage
import tools

PASSWORD, NEW_PASSWORD = "StrongPassword123!", "AnotherPassword456#"
UNKNOWN = {"email": "no-account@example.com", "password": "WrongPassword789$"}
# Seconds to wait for a response (the first start in a container is slow), and for a mail.
ANSWER, MAIL = 60, 180
TOKEN = r"token=([\w-]{43})(?![\w-])"


class Api:
    """Sends requests to the API at a URL, and fails with a `Problem` at the first wrong response."""

    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url.rstrip("/"))

    def send(self, statuses, method, path, body=None, token=None, **headers):
        """Sends a request, and returns the response's JSON. Fails unless its status is one of those expected."""
        expected = [statuses] if isinstance(statuses, int) else statuses
        status, text = self._exchange(method, path, body, token, headers)
        answer = _json(text)
        # Every error has a detail.
        fits = status in expected and (status == 204 or isinstance(answer, dict) and (status < 400 or "detail" in answer))
        print(f"{'ok ' if fits else 'BAD'} {method} {path} {status}", flush=True)
        if not fits:
            wanted = " or ".join(str(status) for status in expected)
            raise tools.Problem(f"{method} {path} answers {status} instead of {wanted}: {text[:300]}")
        return answer

    def _exchange(self, method, path, body, token, headers):
        kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.url.netloc, timeout=ANSWER)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Content-Type": "application/json"} if body is not None else {}
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, self.url.path + path, data, headers)
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise tools.Problem(f"no response to {method} {path}: {error}") from None
        finally:
            connection.close()


def ask(api):
    """Sends requests that change nothing."""
    api.send([200, 404], "GET", "/api/v1/theater/movies/")
    api.send(404, "GET", "/api/v1/theater/movies/0/")
    api.send([401, 429], "POST", "/api/v1/accounts/login/", UNKNOWN)
    api.send(400, "POST", "/api/v1/accounts/refresh/", {"refresh_token": "none"})
    api.send(401, "GET", "/api/v1/accounts/me/")
    api.send(404, "GET", "/no/such/path/")
    api.send(405, "DELETE", "/api/v1/accounts/login/")


def live_as_account(api, email, token_from_mail):
    """Creates an account, resets its password, and returns an access token of its last session."""
    path = "/api/v1/accounts"
    login = {"email": email, "password": PASSWORD}
    api.send(201, "POST", f"{path}/register/", login)
    api.send(409, "POST", f"{path}/register/", login)
    api.send(403, "POST", f"{path}/login/", login)
    activation = {"email": email, "token": token_from_mail("activate")}
    api.send(200, "POST", f"{path}/activate/", activation)
    api.send(400, "POST", f"{path}/activate/", activation)

    session = api.send(201, "POST", f"{path}/login/", login)
    me = api.send(200, "GET", f"{path}/me/", token=session["access_token"])
    _check(me["email"] == email and me["is_active"], f"me is {me}")
    refreshed = api.send(200, "POST", f"{path}/refresh/", {"refresh_token": session["refresh_token"]})
    api.send(200, "GET", f"{path}/me/", token=refreshed["access_token"])

    api.send(200, "POST", f"{path}/password-reset/request/", {"email": email})
    new_login = {"email": email, "password": NEW_PASSWORD}
    api.send(200, "POST", f"{path}/reset-password/complete/", {**new_login, "token": token_from_mail("reset-password")})
    api.send(401, "POST", f"{path}/refresh/", {"refresh_token": session["refresh_token"]})
    api.send(401, "POST", f"{path}/login/", login)
    other = api.send(201, "POST", f"{path}/login/", new_login)
    api.send(204, "POST", f"{path}/logout/", {"refresh_token": other["refresh_token"]})
    api.send(401, "POST", f"{path}/refresh/", {"refresh_token": other["refresh_token"]})
    return api.send(201, "POST", f"{path}/login/", new_login)["access_token"]


def live_as_movie(api, email, token, label, invoke, cleanup):
    """Creates a movie as a moderator, changes and deletes it. Puts what to undo after a failure into `cleanup`."""
    path = "/api/v1/theater/movies/"
    name = f"Journey {label}"
    # Genres, actors and languages outlive their movie, so this movie uses existing ones.
    movie = {"name": name, "date": "1995-12-15", "score": 82.5, "overview": f"Two walk to {label}.", "status": "Released"}
    movie |= {"budget": 60000000, "revenue": 187436818, "country": "US", "genres": [], "actors": [], "languages": []}
    found = api.send([200, 404], "GET", path + "?per_page=1").get("movies")
    if found:
        known = api.send(200, "GET", f"{path}{found[0]['id']}/")
        movie["country"] = known["country"]["code"]
        movie |= {kind: [part["name"] for part in known[kind]] for kind in ["genres", "actors", "languages"]}

    api.send(401, "POST", path, movie)
    api.send(403, "POST", path, movie, token)
    invoke({"command": "grant", "email": email, "group": "moderator"})
    created = api.send(201, "POST", path, movie, token)
    one = f"{path}{created['id']}/"
    cleanup.append(lambda: api.send([204, 404], "DELETE", one, token=token))
    api.send(409, "POST", path, movie, token)
    api.send(422, "POST", path, {**movie, "score": 101}, token)
    # Caches may still have the previous catalogue, but not for this query.
    page = api.send(200, "GET", f"{path}?q={label}&sort=-date&per_page=1")
    _check([movie["id"] for movie in page["movies"]] == [created["id"]], f"the search for {label} finds {page['movies']}")
    api.send(200, "PATCH", one, {"score": 90}, token)
    api.send(412, "PATCH", one, {"score": 10}, token, If_Match='"an old tag"')
    _check(api.send(200, "GET", one)["score"] == 90, "the score was not changed")
    replaced = api.send(200, "PUT", one, {**movie, "score": 70}, token)
    _check(replaced == {**created, "score": 70}, f"the movie was replaced by {replaced}")
    api.send(204, "DELETE", one, token=token)
    api.send(404, "DELETE", one, token=token)


def journey(url):
    """Runs the parts that the environment has commands for."""
    api = Api(url)
    ask(api)
    is_local = api.url.hostname in ["localhost", "127.0.0.1"]
    token_command, manage_command = os.environ.get("TOKEN_COMMAND"), os.environ.get("MANAGE_COMMAND")
    if not is_local and not (token_command and manage_command):
        print("Left out: accounts and movies, which need TOKEN_COMMAND and MANAGE_COMMAND (docs/run/journey.md).")
        return
    label = f"journey{int(time.time())}{secrets.token_hex(3)}"
    user, _, domain = os.environ.get("EMAIL", "journey@example.com").partition("@")
    email = f"{user}+{label}@{domain}"

    def token_from_mail(page):
        return _wait_for_token(page, lambda: _run(token_command, EMAIL=email) if token_command else _mails(email))

    def invoke(event):
        return _invoke(manage_command, event)

    cleanup = [lambda: invoke({"command": "delete", "email": email})]
    try:
        token = live_as_account(api, email, token_from_mail)
        live_as_movie(api, email, token, label, invoke, cleanup)
    finally:
        for step in reversed(cleanup):
            step()
    print("The journey is complete; movie and account are deleted.")


def _check(fits, sentence):
    if not fits:
        raise tools.Problem(sentence)


def _json(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def _wait_for_token(page, read):
    """Returns the token in the newest mail with a link to this page."""
    until = time.monotonic() + MAIL
    while time.monotonic() < until:
        token = token_in(read(), page)
        if token:
            return token
        time.sleep(1)
    raise tools.Problem(f"no mail with a link to {page} came within {MAIL} seconds.")


def token_in(text, page):
    """Returns the token of the last link to this page, also in mail as it was sent (quoted-printable), or None."""
    for form in [text, re.sub(r"=\r?\n", "", text).replace("=3D", "=")]:
        found = re.findall(rf"/{page}\b[^\s<>]*?{TOKEN}", form)
        if found:
            return found[-1]
    return None


def _mails(email):
    """Returns the mails to the address in the folder of `make dev`, the newest last."""
    found = sorted((tools.LOCAL / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime)
    mails = (path.read_text(errors="replace") for path in found)
    return "\n".join(mail for mail in mails if email in mail)


def _invoke(command, event):
    if command:
        text = _run(command, EVENT=json.dumps(event))
        # Lambda responds 200 to an error of a function, and the AWS CLI exits with 0.
        succeeded, answer = "errorMessage" not in text, text.strip()
    else:
        succeeded, answer = manage.manage(event)
    print(f"{'ok ' if succeeded else 'BAD'} manage {event['command']}", flush=True)
    if not succeeded:
        raise tools.Problem(f"manage {event['command']}: {answer}")


def _run(command, **variables):
    ran = subprocess.run(command, shell=True, env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True)
    if ran.returncode != 0:
        raise tools.Problem(f"`{command}` ends with exit code {ran.returncode}.")
    return ran.stdout


if __name__ == "__main__":
    with tools.main():
        if not os.environ.get("URL", "").startswith("http"):
            raise tools.Problem("URL must be the address of the API: make journey URL=https://….")
        journey(os.environ["URL"])
