"""The browser of the tests: prints the path of a Chromium.

    python3 infra/local/browser.py

CHROMIUM in the environment names one. Where none is installed, Debian's is, if this may be done.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys

import tools

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]


def ensure():
    """Gives the path of a Chromium. Fails with a `Problem` where there is none and none can be installed."""
    tools.LOCAL.mkdir(exist_ok=True)
    with open(tools.LOCAL / "browser.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = _find()
        if path is None and os.geteuid() == 0 and shutil.which("apt-get"):
            print("Installing chromium with apt-get …", file=sys.stderr)
            for arguments in [["update", "-qq"], ["install", "-qq", "--yes", "--no-install-recommends", "chromium"]]:
                _apt(arguments)
            path = _find()
    if path is None:
        raise tools.Problem("there is no Chromium; install one (on Debian: apt install chromium), or name it: CHROMIUM=…")
    return path


def _find():
    named = os.environ.get("CHROMIUM")
    if named and not shutil.which(named):
        raise tools.Problem(f"CHROMIUM is {named!r}, which is no program.")
    return next(filter(None, map(shutil.which, [named] if named else NAMES)), None)


def _apt(arguments):
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Standard output is for the path alone; what fails here shows when there is still no browser.
    with contextlib.suppress(OSError):
        subprocess.run(["apt-get", *arguments], stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment)


if __name__ == "__main__":
    with tools.main():
        print(ensure())
