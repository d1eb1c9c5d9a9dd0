"""What the functions find in their environment on this machine, unless it holds something else already."""

import os
import secrets

import tools


def environment(port, database_url):
    """The variables for functions that are served on `port`; a URL of None leaves the database as it is."""
    mail = tools.LOCAL / "mail"
    access_key, refresh_key = _keys()
    defaults = {
        "LOG_FORMAT": "text",
        # The local server has no certificate; one that DATABASE_URL names may ask for more by its sslmode.
        "DATABASE_TLS": "prefer",
        "SECRET_KEY_ACCESS": access_key,
        "SECRET_KEY_REFRESH": refresh_key,
        "MAIL_URL": f"file:{mail}",
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
    """The key without which functions take no event: any page in a browser of this machine can post to their port."""
    return os.environ.get("INVOCATION_KEY") or _kept("invocation-key", 1)[0]


def _keys():
    """Two keys for tokens, made once, so that a session outlives a restart."""
    return _kept("keys", 2)


def _kept(name, count):
    """So many random texts, made once and kept in a file for its owner's eyes."""
    path = tools.LOCAL / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            file.writelines(f"{secrets.token_urlsafe(32)}\n" for _ in range(count))
        fresh.replace(path)
    return path.read_text().split()
