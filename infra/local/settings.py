"""Gives local functions the environment that a deployment gives them, unless it names something else already."""

import os
import secrets

import tools


def environment(port, database_url):
    """Returns the variables for functions that are served on `port`; a URL of None leaves the database as it is."""
    access_key, refresh_key = _kept("keys", 2)
    defaults = {
        "LOG_FORMAT": "text",
        # The local server has no certificate; one that DATABASE_URL names may ask for more by its sslmode.
        "DATABASE_TLS": "prefer",
        "SECRET_KEY_ACCESS": access_key,
        "SECRET_KEY_REFRESH": refresh_key,
        "MAIL_URL": f"file:{tools.LOCAL / 'mail'}",
        "MAIL_FROM": "Movie Theater <no-reply@localhost>",
        "PUBLIC_URL": f"http://localhost:{port}",
        "SEND_MAIL_FUNCTION": "send_mail",
        "AWS_ENDPOINT_URL_LAMBDA": f"http://127.0.0.1:{port}",
        "INVOCATION_KEY": invocation_key(),
    }
    return {
        **{name: value for name, value in defaults.items() if not os.environ.get(name)},
        **({"DATABASE_URL": database_url} if database_url else {}),
        "NO_COLOR": "1",
    }


def invocation_key():
    """Returns the key without which functions take no event: any page in a local browser can post to their port."""
    return os.environ.get("INVOCATION_KEY") or _kept("invocation-key", 1)[0]


def _kept(name, count):
    """Returns so many random texts, made once, so that a session outlives a restart."""
    path = tools.LOCAL / name
    if not path.exists():
        tools.write_private(path, "".join(f"{secrets.token_urlsafe(32)}\n" for _ in range(count)))
    return path.read_text().split()
