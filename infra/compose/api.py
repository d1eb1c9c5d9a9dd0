"""The service `api`: the functions behind the routes of CargoLambda.toml, compiled anew when a source file changes."""

import queue

import dev
import functions
import interrupts
import tools

PORT = 8000


def serve():
    """Serves until a signal comes; fails with a `Problem` when it cannot, or no longer can."""
    ends = queue.Queue()
    functions.build()
    # A published port leads to the container's own address, not to its loopback.
    with functions.serve(PORT, None, lambda: ends.put("cargo lambda"), address="0.0.0.0") as server:
        dev.check(PORT)
        server.starting = False
        print(f"\nThe API answers: http://localhost:{PORT}{dev.LIST}, try it at http://localhost:{PORT}/docs\n")
        raise tools.Problem(f"{ends.get()} has ended unexpectedly.")


if __name__ == "__main__":
    with tools.main():
        interrupts.handle()
        try:
            serve()
        except interrupts.Interrupted:
            print("Stopped.")
