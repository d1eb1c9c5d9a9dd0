"""Invokes the function `manage` on the local database (`make manage`, `make import`), with or without a `make dev`.

    python3 infra/local/manage.py '{"command": "status"}'
    python3 infra/local/manage.py --import PATH_OR_S3_URL

prints its JSON answer; the exit code is 1 when that is an error. A running `make dev` answers; where
none runs, or DATABASE_URL names another database, the function is started for this one event.
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


def manage(event):
    """Invokes the function, and returns whether it succeeded and its answer."""
    other_database = os.environ.get("DATABASE_URL")
    port = None if other_database else database.functions_port()
    if port:
        return functions.invoke(port, "manage", event)
    with contextlib.nullcontext() if other_database else database.held("manage"):
        functions.build("--bin=manage")
        with database.serve() as url, functions.serve(functions.free_port(), url) as server:
            return functions.invoke(server.port, "manage", event)


def event(arguments):
    """Returns the event that the command line asks for. Fails with a `Problem`."""
    if len(arguments) == 2 and arguments[0] == "--import":
        return {"command": "import", "source": _source(arguments[1])}
    if len(arguments) != 1:
        raise tools.Problem("one JSON event is needed, such as '{\"command\": \"status\"}'.")
    try:
        return json.loads(arguments[0])
    except ValueError as error:
        raise tools.Problem(f"the event is no JSON ({error}); quote it like '{{\"command\": \"status\"}}'.") from None


def _source(text):
    if not text:
        raise tools.Problem("say which file: make import CSV=movies.csv, or CSV=s3://bucket/key.")
    if text.startswith("s3://"):
        return text
    path = Path(text).expanduser().absolute()
    if not path.is_file():
        raise tools.Problem(f"there is no file {path}.")
    return str(path)


if __name__ == "__main__":
    with processes.main():
        succeeded, answer = manage(event(sys.argv[1:]))
        print(json.dumps(answer, indent=2, ensure_ascii=False))
        sys.exit(0 if succeeded else 1)
