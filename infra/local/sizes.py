"""How large executables and their packages are, and what infra/budget.json allows.

    python3 infra/local/sizes.py target/release/login target/release/refresh

prints for each file its bytes and those of the zip file that is deployed.
"""

import json
import re
import sys
import zlib
from pathlib import Path

import tools


def measure(path):
    """The bytes of an executable, and of its package: a zip file of the executable alone."""
    executable = Path(path).read_bytes()
    return len(executable), len(zlib.compress(executable, 6))


def limits(function):
    """The most bytes that the executable of a function and its package may have."""
    budget = json.loads((tools.ROOT / "infra" / "budget.json").read_text())
    executable = re.sub("(?<=[a-z])(?=[A-Z])", "_", function).lower()
    return budget["executable_bytes"], budget["larger_packages"].get(executable, budget["package_bytes"])


if __name__ == "__main__":
    for path in sys.argv[1:]:
        print(*measure(path))
