"""Finds a Chromium for the tests, or installs Debian's where that is possible, and prints its path.

CHROMIUM in the environment names one.
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
        raise tools.Problem(f"CHROMIUM is {named!r}, which is no program.")
    return next(filter(None, map(shutil.which, [named] if named else NAMES)), None)


def ensure():
    """Returns the path of a Chromium. Fails with a `Problem` where there is none and none can be installed."""
    with tools.locked("browser"):
        if not _find() and os.geteuid() == 0 and shutil.which("apt-get"):
            print("Installing chromium with apt-get …", file=sys.stderr)
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            # Standard output is for the path alone; where this fails, there is still no browser.
            subprocess.run(INSTALL, shell=True, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment)
        if path := _find():
            return path
    raise tools.Problem("there is no Chromium; install one (on Debian: apt install chromium), or name it: CHROMIUM=…")


if __name__ == "__main__":
    with tools.main():
        print(ensure())
