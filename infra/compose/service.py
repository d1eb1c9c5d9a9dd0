"""Does in the containers of compose.yaml what `make dev` does locally, because each service needs one of its steps.

    python3 infra/compose/service.py migrator  migrates, and imports the seed catalogue into an empty database
    python3 infra/compose/service.py api       serves the functions, and recompiles them when a source file changes
    python3 infra/compose/service.py health    requests one movie, which needs the database; fails if that fails
"""

import queue
import sys

import dev
import functions
import processes

PORT = 8000


def migrator():
    """Fails with a `Problem`, or with another exit code than 0 when it is stopped, so that `api` does not start."""
    functions.build("--bin=manage")
    port = functions.free_port()
    with functions.serve(port, None):
        dev.prepare(port)
    print("The database is ready.")


def api():
    """Serves until a signal arrives. Fails with a `Problem` if a function cannot start or ends early."""
    ends = queue.Queue()
    functions.build()
    # A published port forwards to the container's address, not to its loopback.
    with functions.serve(PORT, None, lambda: ends.put("cargo lambda"), address="0.0.0.0") as server:
        dev.wait(server, ends)


if __name__ == "__main__":
    service = sys.argv[1]
    with processes.main("Stopped." if service == "api" else None):
        {"migrator": migrator, "api": api, "health": lambda: dev.check(PORT)}[service]()
