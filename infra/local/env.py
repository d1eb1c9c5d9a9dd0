"""Writes .env for Docker Compose from .env.sample (`make env`), with a random value for each empty variable."""

import os
import secrets

import tools


def write():
    """Writes the file, which only its owner can read. Fails with a `Problem` if it exists."""
    lines = (tools.ROOT / ".env.sample").read_text().splitlines()
    lines = [line + secrets.token_urlsafe(32) if line.endswith("=") else line for line in lines]
    draft = tools.LOCAL / f"env.{os.getpid()}"
    tools.write_private(draft, "\n".join(lines) + "\n")
    try:
        # Unlike a rename, a link never replaces a file.
        os.link(draft, tools.ROOT / ".env")
    except FileExistsError:
        raise tools.Problem(".env exists and was not changed; delete it to create a new one.") from None
    finally:
        draft.unlink()
    print("Wrote .env, with new passwords and keys.")


if __name__ == "__main__":
    with tools.main():
        write()
