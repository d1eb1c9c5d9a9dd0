"""AWS's Runtime Interface Emulator, which comes with the SAM CLI.

    python3 infra/local/emulator.py

prints its path; the first time on a machine this installs the SAM CLI.
"""

import platform

import tools

NAMES = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64"}


def path():
    """Where the program is that runs on this machine. Fails with a `Problem`."""
    name = f"aws-lambda-rie-{NAMES.get(platform.machine())}"
    library = tools.environment("sam").parent / "lib"
    for found in library.glob(f"python*/site-packages/samcli/local/rapid/{name}"):
        return found
    raise tools.Problem(f"the SAM CLI in .local/sam has no {name}.")


if __name__ == "__main__":
    with tools.main():
        print(path())
