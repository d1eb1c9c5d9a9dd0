"""Does in the containers of compose.yaml what `make dev` does locally, because each service needs one of its steps.

    python3 infra/compose/service.py migrator   migrates, and imports the seed catalogue into an empty database
    python3 infra/compose/service.py api        serves the functions, and recompiles them when a source file changes
    python3 infra/compose/service.py health     requests a page of movies, which needs the database
    python3 infra/compose/service.py scheduler  invokes functions on the schedules of template.yaml, as EventBridge does
"""

import sys
import threading
import time
from pathlib import Path

import dev
import functions
import processes
import tools

PORT = 8000
# Each function with its schedule in the template, and its time of day (UTC) unless it runs every minute. `rotate` is
# absent: the functions share one login here.
SCHEDULES = {"send_mail": ("rate(1 minute)", None), "purge_tokens": ("cron(30 3 * * ? *)", "03:30")}


def migrator():
    """Fails with a `Problem`, or with another exit code than 0 when it is stopped, so that `api` does not start."""
    functions.cargo("build", "--bin=manage")
    port = functions.free_port()
    with functions.serve(port, None):
        dev.prepare(port)
    print("The database is ready.")


def api():
    """Serves until a signal arrives. Fails with a `Problem` if a function cannot start or ends early."""
    functions.cargo("build", "--bins")
    # A published port forwards to the container's address, not to its loopback.
    with functions.serve(PORT, None, address="0.0.0.0") as started:
        dev.wait(PORT, started)


def scheduler():
    """Invokes the functions until a signal arrives."""
    while True:
        time.sleep(60 - time.time() % 60)
        now = time.strftime("%H:%M", time.gmtime())
        for name in [name for name, (_, due) in SCHEDULES.items() if due in [None, now]]:
            # An invocation that never ends must not delay the next: a live reload loses the event in progress.
            threading.Thread(target=_invoke, args=(name,), daemon=True).start()


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
    services = {"migrator": migrator, "api": api, "health": lambda: dev.check(PORT), "scheduler": scheduler}
    service = sys.argv[1]
    with processes.main("Stopped." if service in ["api", "scheduler"] else None):
        services[service]()
