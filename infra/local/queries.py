"""Writes and checks `.sqlx/` like `cargo sqlx prepare`, which a new machine would have to compile for minutes.

    python3 infra/local/queries.py --check   fails if a file is missing, outdated or unused (which sqlx-cli tolerates)
    python3 infra/local/queries.py --write   updates the files
"""

import os
import shutil
import sys

import database
import postgres
import processes
import tools

OFFLINE = tools.ROOT / ".sqlx"
# Cargo compiles a copy of the sources as a new crate, so it emits every query and keeps the other build intact.
COPY = tools.LOCAL / "queries"
LEFT_OUT = shutil.ignore_patterns(".aws-sam", ".git", ".local", ".sqlx", "target")


def describe():
    """Returns the offline data of the sources, as file names with their contents. Fails with a `Problem`."""
    shutil.rmtree(COPY, ignore_errors=True)
    try:
        shutil.copytree(tools.ROOT, COPY, ignore=LEFT_OUT, copy_function=shutil.copyfile)
        (COPY / ".sqlx").mkdir()
        with postgres.temporary() as url:
            _migrate(url)
            variables = {"SQLX_OFFLINE": "false", "SQLX_OFFLINE_DIR": os.fspath(COPY / ".sqlx"), "DATABASE_URL": url}
            variables["CARGO_TARGET_DIR"] = os.environ.get("CARGO_TARGET_DIR", os.fspath(tools.ROOT / "target"))
            command = ["cargo", "check", "--locked", "--all-targets"]
            with processes.child(command, cwd=COPY, env={**os.environ, **variables}) as cargo:
                if cargo.wait() != 0:
                    raise tools.Problem("the queries do not match the schema; see the messages of cargo above.")
        return _read(COPY / ".sqlx")
    finally:
        shutil.rmtree(COPY, ignore_errors=True)


def _migrate(url):
    for migration in sorted((tools.ROOT / "migrations").glob("*.sql")):
        is_whole = not migration.read_text().startswith("-- no-transaction")
        options = ["--set=ON_ERROR_STOP=1", f"--file={migration}", *["--single-transaction"] * is_whole]
        applied = database.psql(url, *options)
        if applied.returncode != 0:
            raise tools.Problem(f"migrations/{migration.name} fails: {applied.stderr}")


def _read(folder):
    return {path.name: path.read_bytes() for path in folder.glob("query-*.json")}


def run(option):
    """Compares `.sqlx/` with the queries of the sources, or updates it. Fails with a `Problem`."""
    wanted, found = describe(), _read(OFFLINE)
    different = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if option == "--check" and different:
        lines = (f"{'outdated or missing' if name in wanted else 'unused'}: .sqlx/{name}" for name in different)
        raise tools.Problem("\n".join([".sqlx does not match the queries; run `make sqlx`.", *lines]))
    OFFLINE.mkdir(exist_ok=True)
    for name in different:
        (OFFLINE / name).write_bytes(wanted[name]) if name in wanted else (OFFLINE / name).unlink()
        print(f"{'written' if name in wanted else 'removed'}: .sqlx/{name}")


if __name__ == "__main__":
    with processes.main():
        run(sys.argv[1])
