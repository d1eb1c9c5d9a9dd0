"""Sets the variables of local functions that a deployment sets on AWS, unless they are set already."""

import os
import secrets

import tools


def environment(port, database_url):
    """Returns the variables for functions on `port`; with None as the URL, the variables of the database stay."""
    access_key, refresh_key = _kept("keys", 2)
    defaults = {
        "LOG_FORMAT": "text",
        # The local server has no certificate. The sslmode in DATABASE_URL can require more.
        "DATABASE_TLS": "prefer",
        "SECRET_KEY_ACCESS": access_key,
        "SECRET_KEY_REFRESH": refresh_key,
        "MAIL_URL": f"file:{tools.LOCAL / 'mail'}",
        "MAIL_FROM": "Movie Theater <no-reply@localhost>",
        "PUBLIC_URL": f"http://localhost:{port}",
        "STORAGE_URL": f"file:{tools.LOCAL / 'storage'}",
        "MEDIA_URL": f"http://localhost:{port}/media",
        "SEND_MAIL_FUNCTION": "send_mail",
        "AWS_ENDPOINT_URL_LAMBDA": f"http://127.0.0.1:{port}",
        "INVOCATION_KEY": invocation_key(),
    }
    fixed = {"NO_COLOR": "1", **({"DATABASE_URL": database_url} if database_url else {})}
    return {**{name: value for name, value in defaults.items() if not os.environ.get(name)}, **fixed}


def invocation_key():
    """Returns the key that events need, because any page in a local browser can send events to the port."""
    return os.environ.get("INVOCATION_KEY") or _kept("invocation-key", 1)[0]


def _kept(name, count):
    """Returns this many random texts, which are created once, so that sessions survive a restart."""
    path = tools.LOCAL / name
    if not path.exists():
        tools.write_private(path, "".join(f"{secrets.token_urlsafe(32)}\n" for _ in range(count)))
    return path.read_text().split()
