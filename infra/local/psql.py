"""`make psql`: a psql session on the local database, or on that of DATABASE_URL."""

import os
import shutil
import signal
import subprocess

import database
import interrupts
import lock
import tools


def psql(url):
    """Runs psql on this terminal and gives its exit code."""
    command = [database.program("psql")]
    if os.environ.get("DATABASE_URL"):
        # The one of the tool environment speaks no TLS, which a server elsewhere may ask for.
        command = [shutil.which("psql") or command[0]]
    with interrupts.postponed():
        # Ctrl-C is for psql, which cancels the statement and goes on.
        signal.signal(signal.SIGINT, lambda *_: None)
        return subprocess.run(command, env={**os.environ, **database.connection(url)}).returncode


def main():
    if not os.environ.get("DATABASE_URL"):
        if lock.port():
            return psql(database.running())
        with lock.held("psql"), database.serve(lambda: None) as url:
            return psql(url)
    return psql(os.environ["DATABASE_URL"])


if __name__ == "__main__":
    with tools.main():
        interrupts.handle()
        raise SystemExit(main())
