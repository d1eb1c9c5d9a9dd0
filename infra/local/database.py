"""Runs PostgreSQL in `.local/postgres` for local commands, so that you need not install it; DATABASE_URL names another.

    python3 infra/local/database.py psql    opens psql on the database (`make psql`)
    python3 infra/local/database.py reset   deletes the local database (`make reset`)
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import urllib.parse

import processes
import tools
from postgres import PORTS, Cluster, programs

DATA = tools.LOCAL / "postgres"
SETTINGS = tools.LOCAL / "postgres.json"
LOG = tools.LOCAL / "postgres.log"
# The command that uses the database has a lock on this file. It contains the port on which functions answer, if any.
LOCK = tools.LOCAL / "dev.lock"


@contextlib.contextmanager
def held():
    """Lets one command at a time use the local database, and yields `announce(port)`, which tells the others where
    the functions answer. Fails with a `Problem` while another command uses it."""
    tools.LOCAL.mkdir(exist_ok=True)
    with open(LOCK, "a") as lock:
        if not _take(lock):
            port = LOCK.read_text()
            command = f"`make dev` on port {port}" if port else "another command"
            raise tools.Problem(f"{command} uses the database of this clone; stop it, or wait for its end.")
        LOCK.write_text("")
        try:
            yield lambda port: LOCK.write_text(str(port))
        finally:
            LOCK.write_text("")


def functions_port():
    """Returns the port on which `make dev` serves functions in this clone, or None."""
    # Without a port it does not try the lock: a command that starts at the same time would find it taken and give up.
    if port := LOCK.exists() and LOCK.read_text():
        with open(LOCK, "a") as lock:
            return None if _take(lock) else int(port)


def _take(lock):
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True


@contextlib.contextmanager
def serve():
    """Yields the URL of an existing database, and afterwards stops the server if it started one. Fails with a `Problem`."""
    given = os.environ.get("DATABASE_URL")
    with contextlib.nullcontext(given) if given else _local() as url:
        _create(url)
        yield url


def running():
    """Returns the URL of the local database while another command serves it."""
    return "postgres://postgres:{password}@127.0.0.1:{port}/movies_db".format_map(json.loads(SETTINGS.read_text()))


@contextlib.contextmanager
def _local():
    if not SETTINGS.exists():
        _save(port=secrets.choice(PORTS), password=secrets.token_urlsafe(24))
    settings = json.loads(SETTINGS.read_text())
    if not DATA.exists():
        # Only a complete cluster gets this name.
        draft = DATA.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        with Cluster(draft) as cluster:
            cluster.create(settings["password"])
        draft.rename(DATA)
    with open(LOG, "w+") as log, Cluster(DATA) as cluster, cluster.serve(log, [settings["port"]]) as port:
        _save(port=port, password=settings["password"])
        yield running()


def _save(**settings):
    tools.write_private(SETTINGS, json.dumps(settings))


def _create(url):
    """Creates the database of the URL if the server reports that it does not exist.

    Ignores other errors, because the next connection reports them with a better message.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ["postgres", "postgresql"]:
        raise tools.Problem("DATABASE_URL is not of the form postgres://user:password@host:port/database.")
    name = urllib.parse.unquote(parts.path[1:])
    if f'database "{name}" does not exist' in psql(url, "--command=").stderr:
        identifier = name.replace('"', '""')
        created = psql(parts._replace(path="/postgres").geturl(), f'--command=CREATE DATABASE "{identifier}"')
        if created.returncode != 0:
            raise tools.Problem(f"the database of DATABASE_URL does not exist and could not be created: {created.stderr}")


def psql(url, *arguments):
    """Runs psql without a terminal and with English messages, and returns the finished process."""
    command = ["env", "LC_ALL=C", programs() / "psql", "--no-psqlrc", "--quiet", "--no-password", *arguments]
    return _psql(command, url, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def _psql(command, url, **options):
    """Hides the password in the environment: all users can read a command line."""
    password = urllib.parse.urlsplit(url).password or ""
    variables = {**os.environ, "PGCONNECT_TIMEOUT": "10", "PGPASSWORD": urllib.parse.unquote(password)}
    return subprocess.run([*command, f"--dbname={url.replace(f':{password}@', '@', 1)}"], env=variables, **options)


def open_psql():
    """Opens psql on this terminal, on the database of DATABASE_URL or the local one, and returns its exit code."""
    with contextlib.ExitStack() as stack:
        program, url = programs() / "psql", os.environ.get("DATABASE_URL")
        if url:
            # The psql of the wheel does not support TLS, which another server may require.
            program = shutil.which("psql") or program
        elif functions_port():
            url = running()
        else:
            stack.enter_context(held())
            url = stack.enter_context(serve())
        with processes.postponed():
            # psql handles Ctrl-C: it cancels the statement and continues.
            signal.signal(signal.SIGINT, lambda *_: None)
            return _psql([program], url).returncode


def reset():
    """Deletes the cluster and its settings. Fails with a `Problem` while another command uses them."""
    if os.environ.get("DATABASE_URL"):
        raise tools.Problem("`make reset` deletes only the database in .local; unset DATABASE_URL first.")
    with held():
        if DATA.exists():
            # A partly deleted folder must not look like a cluster.
            doomed = DATA.with_suffix(".old")
            shutil.rmtree(doomed, ignore_errors=True)
            DATA.rename(doomed)
            shutil.rmtree(doomed)
        SETTINGS.unlink(missing_ok=True)
    print("The local database is gone; `make dev` makes a new one.")


if __name__ == "__main__":
    with processes.main():
        sys.exit({"psql": open_psql, "reset": reset}[sys.argv[1]]())
