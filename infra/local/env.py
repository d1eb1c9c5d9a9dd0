"""`make env`: writes .env from .env.sample, with a fresh random secret wherever that leaves a value empty."""

import os
import secrets

import tools

SAMPLE = tools.ROOT / ".env.sample"
TARGET = tools.ROOT / ".env"


def write():
    """Writes the file for its owner's eyes. Fails with a `Problem` where there is one already."""
    lines = SAMPLE.read_text().splitlines()
    lines = [line + secrets.token_urlsafe(32) if line.endswith("=") else line for line in lines]
    tools.LOCAL.mkdir(exist_ok=True)
    draft = tools.LOCAL / f"env.{os.getpid()}"
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write("\n".join(lines) + "\n")
        # Unlike a rename, a link never replaces a file.
        os.link(draft, TARGET)
    except FileExistsError:
        raise tools.Problem(".env exists and is left as it is; delete it to have a new one.") from None
    finally:
        draft.unlink(missing_ok=True)
    print("Wrote .env, with new passwords and keys.")


if __name__ == "__main__":
    with tools.main():
        write()
