"""AWS as moto plays it, for tests.

    python3 infra/local/aws.py

prints its URL as one line when it answers, and keeps it until standard input ends.
"""

import logging
import os
import sys

import tools


def serve():
    """Serves until standard input ends; runs in moto's own Python."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        with tools.main():
            python = tools.environment("moto") / "python"
            os.execv(python, [python, __file__, "--serve"])
