"""`make smoke`: asks a deployed API what it must be able to answer, and changes nothing there.

The environment's URL is where it answers, as in the stack's output Url.
"""

import json
import os
import urllib.error
import urllib.request

import tools

CREDENTIALS = {"email": "nobody@movies.example", "password": "no password at all"}
# Method, path, body, the statuses that are right.
REQUESTS = [
    ("GET", "/api/v1/theater/movies/", None, [200, 404]),
    ("GET", "/api/v1/theater/movies/0/", None, [404]),
    ("POST", "/api/v1/accounts/login/", CREDENTIALS, [401, 429]),
    ("POST", "/api/v1/accounts/refresh/", {"refresh_token": "none"}, [400]),
    ("GET", "/api/v1/accounts/me/", None, [401]),
    ("GET", "/no/such/path/", None, [404]),
    ("DELETE", "/api/v1/accounts/login/", None, [405]),
]


def smoke(url):
    """Sends the requests. Fails with a `Problem` that names every one with another answer."""
    failed = []
    for method, path, body, right in REQUESTS:
        status, answer = _send(method, url.rstrip("/") + path, body)
        fits = status in right and isinstance(answer, dict) and (status == 200 or "detail" in answer)
        print(f"{'ok ' if fits else 'BAD'} {method} {path} {status}", flush=True)
        if not fits:
            failed.append(f"{method} {path}: {status} {answer}")
    if failed:
        raise tools.Problem("the API does not answer as it should:\n" + "\n".join(failed))


def _send(method, url, body):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            status, text = response.status, response.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    except OSError as error:
        return None, str(error)
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text[:200].decode(errors="replace")


if __name__ == "__main__":
    with tools.main():
        if not os.environ.get("URL", "").startswith("http"):
            raise tools.Problem("URL must say where the API answers: make smoke URL=https://….")
        smoke(os.environ["URL"])
