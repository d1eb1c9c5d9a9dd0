"""Runs the API and its database until Ctrl-C (`make dev`), because several processes must start and end in order.

The environment variable PORT sets the port, and DATABASE_URL names a PostgreSQL server to use instead of a local one.
"""

import database
import functions
import processes
import tools

LIST = "/api/v1/theater/movies/"


def dev():
    """Serves until a signal arrives. Fails with a `Problem` if the API cannot start or ends early."""
    with database.held() as announce:
        port = functions.port_of_environment(8000)
        tools.programs("tools")
        functions.cargo("build", "--bins")
        with database.serve() as url, functions.serve(port, url) as started:
            prepare(port)
            wait(port, started, announce)


def prepare(port):
    """Migrates the database, and imports the seed catalogue if it is empty."""
    _manage(port, {"command": "migrate"})
    if _manage(port, {"command": "status"})["counts"]["movies"] == 0:
        print("Importing the seed catalogue …", flush=True)
        _manage(port, {"command": "import"})


def _manage(port, event):
    succeeded, answer = functions.invoke(port, "manage", event)
    if not succeeded:
        raise tools.Problem(f"{event['command']}: {answer.get('errorMessage', answer)}")
    return answer


def check(port):
    """Requests a page of movies. Fails with a `Problem` unless the status is 200."""
    status, body = functions.request(port, "GET", LIST)
    if status != 200:
        raise tools.Problem(f"GET {LIST} answers {status}: {body.decode(errors='replace')}")


def wait(port, started, announce=lambda port: None):
    """Prints that the API is ready, and waits. Fails with a `Problem` that names the process that ended."""
    check(port)
    started.set()
    announce(port)
    url = f"http://localhost:{port}"
    print(f"\nThe API answers: {url}{LIST}, try it at {url}/docs (Ctrl-C stops it)\n", flush=True)
    raise tools.Problem(f"{processes.ENDED.get()} has ended unexpectedly.")


if __name__ == "__main__":
    with processes.main("Stopped."):
        dev()
