"""One command at a time uses the local database of a clone; others learn who, and where it listens."""

import contextlib
import fcntl
import json
import os

import tools

FILE = tools.LOCAL / "dev.lock"


@contextlib.contextmanager
def held(command, needed=True):
    """Holds the lock, where it is needed, and gives `announce(port)`, which tells others where the
    functions answer. Fails with a `Problem` while another process holds it.
    """
    with _open() as file:
        if not needed:
            yield lambda port: None
            return
        if not _take(file):
            owner = _owner(file)
            port = f" on port {owner['port']}" if owner.get("port") else ""
            raise tools.Problem(
                f"`make {owner.get('command', 'dev')}` already runs in this clone{port}"
                f" (process {owner.get('process', 'unknown')}); stop it, or wait for its end."
            )

        def announce(port):
            file.seek(0)
            file.truncate()
            json.dump({"command": command, "process": os.getpid(), "port": port}, file)
            file.flush()

        announce(None)
        try:
            yield announce
        finally:
            file.truncate(0)


def port():
    """The port of the functions that another command serves in this clone, or None when none does."""
    with _open() as file:
        # Taking the lock to see whether it is free could make a command that starts just now give up,
        # so that is only done where somebody has written a port: who runs, or who crashed.
        port = _owner(file).get("port")
        return None if port is None or _take(file) else port


def _open():
    tools.LOCAL.mkdir(exist_ok=True)
    return open(FILE, "a+")


def _take(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(file):
    file.seek(0)
    try:
        return json.loads(file.read())
    except ValueError:
        # It has the lock and not yet written its name.
        return {}
