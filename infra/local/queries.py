"""Writes and checks `.sqlx/` like `cargo sqlx prepare`, which a new machine would have to compile for minutes.

    python3 infra/local/queries.py --check   fails if a file is missing, outdated or unused (which sqlx-cli tolerates)
    python3 infra/local/queries.py --write   updates the files
"""

import os
import shutil
import subprocess
import sys

import database
import functions
import postgres
import processes
import tools

OFFLINE = tools.ROOT / ".sqlx"
# Cargo compiles a copy of the sources as a new crate, so it emits every query and keeps the other build intact.
COPY = tools.LOCAL / "queries"
LEFT_OUT = shutil.ignore_patterns(".aws-sam", ".git", ".local", ".sqlx", "target")


def run(option):
    """Compares `.sqlx/` with the queries of the sources, or updates it. Fails with a `Problem`."""
    wanted = COPY / ".sqlx"
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(tools.ROOT, COPY, ignore=LEFT_OUT, copy_function=shutil.copyfile)
    wanted.mkdir()
    with postgres.temporary() as url:
        for migration in sorted((tools.ROOT / "migrations").glob("*.sql")):
            whole = [] if migration.read_text().startswith("-- no-transaction") else ["--single-transaction"]
            migrated = database.psql(url, "--set=ON_ERROR_STOP=1", f"--file={migration}", *whole)
            if migrated.returncode != 0:
                raise tools.Problem(f"a migration fails: {migrated.stderr}")
        variables = {"SQLX_OFFLINE": "false", "SQLX_OFFLINE_DIR": os.fspath(wanted), "DATABASE_URL": url}
        variables["CARGO_TARGET_DIR"] = os.environ.get("CARGO_TARGET_DIR", os.fspath(tools.ROOT / "target"))
        functions.cargo("check", "--locked", "--all-targets", cwd=COPY, env={**os.environ, **variables})
    if option == "--write":
        shutil.rmtree(OFFLINE, ignore_errors=True)
        shutil.copytree(wanted, OFFLINE)
    elif subprocess.run(["diff", "--recursive", "--brief", OFFLINE, wanted]).returncode != 0:
        raise tools.Problem(".sqlx does not match the queries; run `make sqlx`.")


if __name__ == "__main__":
    with processes.main():
        run(sys.argv[1])
