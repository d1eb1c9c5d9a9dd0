"""Measures executables and their packages before an upload, because no tool compares them with a budget.

    python3 infra/local/sizes.py target/release/login …              prints the bytes of each executable and its zip file
    python3 infra/local/sizes.py --check .aws-sam/build/*/bootstrap  fails if one exceeds tests/budget.json
"""

import json
import re
import sys
import zlib
from pathlib import Path

import tools


def measure(path):
    """Returns the bytes of an executable and of its package, a zip file that contains only the executable."""
    executable = Path(path).read_bytes()
    return len(executable), len(zlib.compress(executable, 6))


def check(executables):
    """Prints the sizes. With `--check`, fails with a `Problem` if one is too large."""
    budget = json.loads((tools.ROOT / "tests" / "budget.json").read_text())
    print(f"{'function':24}{'executable':>12}{'package':>12}")
    large = []
    for path in sorted(map(Path, executables)):
        name = path.parent.name
        executable, packed = measure(path)
        print(f"{name:24}{executable:12,}{packed:12,}")
        snake = re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()
        most = budget["executable_bytes"], budget["larger_packages"].get(snake, budget["package_bytes"])
        if executable > most[0] or packed > most[1]:
            large.append(f"{name} ({executable:,} and {packed:,} bytes, {most[0]:,} and {most[1]:,} at most)")
    if large:
        raise tools.Problem(f"too large for tests/budget.json: {', '.join(large)}.")


if __name__ == "__main__":
    with tools.main():
        if sys.argv[1:2] == ["--check"]:
            check(sys.argv[2:])
        else:
            for path in sys.argv[1:]:
                print(*measure(path))
