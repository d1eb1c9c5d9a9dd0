"""Does in the containers of compose.yaml what `make dev` does locally, because each service needs one of its steps.

    python3 infra/compose/service.py migrator   migrates, and imports the seed catalogue into an empty database
    python3 infra/compose/service.py api        serves the functions, and recompiles them when a source file changes
    python3 infra/compose/service.py health     requests one movie, which needs the database; fails if that fails
    python3 infra/compose/service.py scheduler  invokes functions on the schedules of template.yaml, as EventBridge does
"""

import queue
import sys
import threading
import time
from pathlib import Path

import dev
import functions
import processes
import tools

PORT = 8000
# Each function with its schedule in the template, its period in seconds, and its delay after midnight (UTC)
# in seconds. `rotate` is absent: the functions share one login here.
SCHEDULES = {
    "send_mail": ("rate(1 minute)", 60, 0),
    "purge_tokens": ("cron(30 3 * * ? *)", 24 * 3600, 3.5 * 3600),
}


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


def health():
    """Fails with a `Problem` unless the API answers."""
    dev.check(PORT)


def scheduler():
    """Invokes the functions until a signal arrives."""
    for name, (_, period, delay) in SCHEDULES.items():
        threading.Thread(target=_repeat, args=(name, period, delay), daemon=True).start()
    threading.Event().wait()


def _repeat(function, period, delay):
    while True:
        time.sleep(period - (time.time() - delay) % period)
        # An invocation that never ends must not delay the next: a live reload loses the event in progress.
        threading.Thread(target=_invoke, args=(function,), daemon=True).start()


def _invoke(function):
    """Invokes the function, and notes a success in /tmp for the health check. A failure is only printed."""
    try:
        succeeded, answer = functions.invoke(PORT, function, {}, host="api")
    except tools.Problem as problem:
        succeeded, answer = False, problem
    if succeeded:
        Path("/tmp", function).touch()
    else:
        print(f"{function} failed: {answer}", flush=True)


if __name__ == "__main__":
    service = sys.argv[1]
    with processes.main("Stopped." if service in ["api", "scheduler"] else None):
        {"migrator": migrator, "api": api, "health": health, "scheduler": scheduler}[service]()
