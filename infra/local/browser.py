"""Prints the path of Chromium for the tests of the pages, and installs it first on Debian if it is missing.

The environment variable CHROMIUM names another executable.
"""

import os
import shutil
import subprocess
import sys

import tools

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
INSTALL = "apt-get update -qq; apt-get install -qq --yes --no-install-recommends chromium"


def _find():
    named = os.environ.get("CHROMIUM")
    if named and not shutil.which(named):
        raise tools.Problem(f"CHROMIUM is {named!r}, which is not a program.")
    return next(filter(None, map(shutil.which, [named] if named else NAMES)), None)


def ensure():
    """Returns the path of a Chromium. Fails with a `Problem` if it is missing and cannot be installed."""
    with tools.locked("browser"):
        if not _find() and os.geteuid() == 0 and shutil.which("apt-get"):
            print("Installing chromium with apt-get …", file=sys.stderr)
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            # Standard output is only for the path. A failure shows in the search below.
            subprocess.run(INSTALL, shell=True, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment)
        if path := _find():
            return path
    raise tools.Problem("Chromium is missing; install it (on Debian: apt install chromium) or set CHROMIUM to its path.")


if __name__ == "__main__":
    with tools.main():
        print(ensure())
