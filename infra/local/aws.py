"""AWS as moto plays it, for tests.

    python3 infra/local/aws.py

prints its URL as one line when it answers, and keeps it until standard input ends.
"""

import fcntl
import logging
import os
import shutil
import subprocess
import sys

import tools

FOLDER = tools.LOCAL / "moto"
PINS = tools.ROOT / "infra" / "moto.txt"


def ensure():
    """Makes moto's virtual environment if it is missing or its pins changed, and gives its Python.

    It is apart from the other tools because it needs libraries made for the Python that runs them.
    """
    pins = f"{sys.version}\n{PINS.read_text()}"
    stamp, python = FOLDER / "moto.txt", FOLDER / "bin" / "python"
    tools.LOCAL.mkdir(exist_ok=True)
    with open(tools.LOCAL / "moto.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != pins:
            shutil.rmtree(FOLDER, ignore_errors=True)
            print(f"Installing moto into {FOLDER.relative_to(tools.ROOT)} …", file=sys.stderr)
            _run("it needs venv, on Debian: apt install python3-venv", sys.executable, "-m", "venv", FOLDER)
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
            _run("check the network and try again", *pip, f"--requirement={PINS}")
            stamp.write_text(pins)
    return python


def _run(advice, *command):
    # Standard output is for the URL alone.
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode != 0:
        raise tools.Problem(f"moto could not be installed; {advice}.")


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
            python = ensure()
            os.execv(python, [python, __file__, "--serve"])
