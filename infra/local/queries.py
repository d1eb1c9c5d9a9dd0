"""Describes the SQL of the sources against the schema of `migrations/`, as sqlx's offline data.

    python3 infra/local/queries.py --check   fails where `.sqlx/` is not what it should be
    python3 infra/local/queries.py --write   brings `.sqlx/` up to date
"""

import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile

import database
import interrupts
import tools
from postgres import PORTS, THROWAWAY, Server

OFFLINE = tools.ROOT / ".sqlx"
# A copy of the sources is new to cargo, so that it reads every query again, and leaves what is built alone.
COPY = tools.LOCAL / "queries"
LEFT_OUT = {".aws-sam", ".git", ".local", ".sqlx", "target"}


def describe():
    """Gives the offline data as file names with their contents. Fails with a `Problem`."""
    shutil.rmtree(COPY, ignore_errors=True)
    (COPY / ".sqlx").mkdir(parents=True)
    try:
        for path in tools.ROOT.iterdir():
            if path.is_dir() and path.name not in LEFT_OUT:
                shutil.copytree(path, COPY / path.name, copy_function=shutil.copyfile)
            elif path.is_file():
                shutil.copyfile(path, COPY / path.name)
        with _schema() as url:
            variables = {"SQLX_OFFLINE": "false", "SQLX_OFFLINE_DIR": os.fspath(COPY / ".sqlx"), "DATABASE_URL": url}
            variables["CARGO_TARGET_DIR"] = os.environ.get("CARGO_TARGET_DIR", os.fspath(tools.ROOT / "target"))
            command = ["cargo", "check", "--quiet", "--locked", "--all-targets"]
            if subprocess.run(command, cwd=COPY, env={**os.environ, **variables}).returncode != 0:
                raise tools.Problem("the queries do not fit the migrations; cargo says why above.")
        return _read(COPY / ".sqlx")
    finally:
        shutil.rmtree(COPY, ignore_errors=True)


@contextlib.contextmanager
def _schema():
    """The URL of a throwaway database with all migrations applied."""
    server = Server(tempfile.mkdtemp(prefix="movie-theater-"), lambda: None, THROWAWAY, temporary=True)
    try:
        with interrupts.postponed():
            server.create()
            server.start(random.sample(PORTS, 20))
        url = f"postgres://postgres@127.0.0.1:{server.port}/postgres"
        for migration in sorted((tools.ROOT / "migrations").glob("*.sql")):
            options = ["--set=ON_ERROR_STOP=1", f"--file={migration}"]
            if not migration.read_text().startswith("-- no-transaction"):
                options.append("--single-transaction")
            applied = database.psql(database.connection(url), *options)
            if applied.returncode != 0:
                raise tools.Problem(f"migrations/{migration.name} fails: {applied.stderr}")
        yield url
    finally:
        with interrupts.postponed():
            server.stop()


def _read(folder):
    return {path.name: path.read_bytes() for path in folder.glob("query-*.json")}


def check():
    """Fails with a `Problem` where `.sqlx/` differs from what the sources ask for."""
    wanted, found = describe(), _read(OFFLINE)
    faults = [f"missing: .sqlx/{name}" for name in sorted(wanted.keys() - found.keys())]
    faults += [f"unused: .sqlx/{name}" for name in sorted(found.keys() - wanted.keys())]
    faults += [f"outdated: .sqlx/{name}" for name in sorted(wanted.keys() & found.keys()) if wanted[name] != found[name]]
    if faults:
        raise tools.Problem("the offline data of sqlx is not that of the sources; run `make sqlx`.\n" + "\n".join(faults))


def write():
    """Makes `.sqlx/` what the sources ask for."""
    wanted, found = describe(), _read(OFFLINE)
    OFFLINE.mkdir(exist_ok=True)
    for name in found.keys() - wanted.keys():
        (OFFLINE / name).unlink()
    for name, content in wanted.items():
        (OFFLINE / name).write_bytes(content)


if __name__ == "__main__":
    with tools.main():
        interrupts.handle()
        try:
            {"--check": check, "--write": write}[sys.argv[1]]()
        except interrupts.Interrupted:
            sys.exit(130)
