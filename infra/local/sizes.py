"""Compares what `make package` built with the limits of tests/budget.json before an upload, because SAM has no limits."""

import json
import re
import sys
import zlib
from pathlib import Path

import tools


def check(executables):
    """Prints the bytes of executables and of their packages, zip files that contain only the executable. Fails with a
    `Problem` if one is too large."""
    budget = json.loads((tools.ROOT / "tests" / "budget.json").read_text())
    large = []
    print(f"{'function':24}{'executable':>12}{'package':>12}")
    for path in sorted(map(Path, executables)):
        name, executable = path.parent.name, path.read_bytes()
        sizes = len(executable), len(zlib.compress(executable, 6))
        print(f"{name:24}{sizes[0]:12,}{sizes[1]:12,}")
        snake = re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()
        most = [budget[f"larger_{kind}s"].get(snake, budget[f"{kind}_bytes"]) for kind in ("executable", "package")]
        if sizes[0] > most[0] or sizes[1] > most[1]:
            large.append(f"{name} ({most[0]:,} and {most[1]:,} bytes at most)")
    if large:
        raise tools.Problem(f"too large for tests/budget.json: {', '.join(large)}.")


if __name__ == "__main__":
    with tools.main():
        check(sys.argv[1:])
