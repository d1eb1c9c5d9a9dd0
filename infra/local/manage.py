"""Invokes `manage` on the local database (`make manage`, `import`, `adopt`), and starts it if `make dev` does not run.

    python3 infra/local/manage.py '{"command": "status"}'
    python3 infra/local/manage.py --import PATH_OR_S3_URL
    SOURCE=postgres://… python3 infra/local/manage.py --adopt

prints its JSON result; the exit code is 1 for an error. If `make dev` does not run, or DATABASE_URL names
another database, the function is started for this event.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

import database
import functions
import processes
import tools


def manage(events):
    """Invokes the function with each event until one fails, and returns whether the last succeeded and its result."""
    other_database = os.environ.get("DATABASE_URL")
    port = None if other_database else database.functions_port()
    with contextlib.ExitStack() as stack:
        if not port:
            stack.enter_context(contextlib.nullcontext() if other_database else database.held())
            functions.cargo("build", "--bin=manage")
            url = stack.enter_context(database.serve())
            port = functions.free_port()
            stack.enter_context(functions.serve(port, url))
        for event in events:
            succeeded, answer = functions.invoke(port, "manage", event)
            if not succeeded:
                break
        return succeeded, answer


def events(option, value=""):
    """Returns the events for the command line. Fails with a `Problem`."""
    if option == "--adopt":
        # From the environment: the URL has a password, and all users of the machine can read a command line.
        source = os.environ.get("SOURCE")
        if not source:
            raise tools.Problem("name the database: make adopt SOURCE=postgres://user:password@host/database.")
        flags = {name: True for name in ["remove", "dry_run"] if os.environ.get(name.upper()) == "1"}
        # Migrates first, because the database may be new: `make dev` would import a catalogue, whose ids conflict.
        return [{"command": "migrate"}, {"command": "adopt", "source": source, **flags}]
    if option == "--import":
        if not value:
            raise tools.Problem("name the file: make import CSV=movies.csv, or CSV=s3://bucket/key.")
        path = Path(value).expanduser().absolute()
        if not value.startswith("s3://") and not path.is_file():
            raise tools.Problem(f"the file {path} does not exist.")
        return [{"command": "import", "source": value if value.startswith("s3://") else str(path)}]
    try:
        return [json.loads(option)]
    except ValueError as error:
        raise tools.Problem(f"the event is not JSON ({error}); quote it like '{{\"command\": \"status\"}}'.") from None


if __name__ == "__main__":
    with processes.main():
        succeeded, answer = manage(events(*sys.argv[1:]))
        print(json.dumps(answer, indent=2, ensure_ascii=False))
        sys.exit(0 if succeeded else 1)
