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
    }
    return {
        **{name: value for name, value in defaults.items() if not os.environ.get(name)},
        **({"DATABASE_URL": database_url} if database_url else {}),
        "NO_COLOR": "1",
    }


def _keys():
    """Two keys for tokens, made once, so that a session outlives a restart."""
    path = tools.LOCAL / "keys"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"{secrets.token_urlsafe(32)}\n{secrets.token_urlsafe(32)}\n")
        fresh.replace(path)
    return path.read_text().split()
