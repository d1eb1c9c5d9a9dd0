"""Runs moto, an emulator of AWS, for tests: unlike moto's own command on a free port, and until standard input ends.

    python3 infra/local/tools.py moto -- python infra/local/aws.py

prints its URL as one line once it responds.
"""

import logging
import sys

from moto.server import ThreadedMotoServer

if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    server.stop()
