"""`make package`: what `sam deploy` uploads, in .aws-sam/build, with a check of how large it is.

The environment's ARCH is arm64 or x86_64, as for `make build`; FUNCTION (Login, or several, separated by blanks) packages those alone.
"""

import os
import re
import subprocess

import release
import sizes
import tools

BUILD = tools.ROOT / ".aws-sam" / "build"


def package():
    """Builds all functions and checks their sizes. Fails with a `Problem`."""
    only = os.environ.get("FUNCTION", "").split()
    functions = _functions()
    if unknown := [name for name in only if name not in functions]:
        raise tools.Problem(f"FUNCTION has {unknown[0]!r}; template.yaml has no such function.")
    # All at once is faster than one after another, as SAM builds them; it then finds them built.
    variables = release.build(*(functions[name] for name in only))
    command = [tools.environment("sam") / "sam", "build", "--beta-features"]
    # After the name of a function: SAM takes what follows these for another one of them.
    architecture = ["--parameter-overrides", f"Architecture={release.architecture()}"]
    environment = {**os.environ, **variables, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-central-1"}
    measured = {}
    # SAM builds one function or all, and one replaces what it built before.
    for names in [[name] for name in only] or [[]]:
        run = subprocess.run([*command, *names, *architecture], cwd=tools.ROOT, env=environment, stdin=subprocess.DEVNULL)
        if run.returncode != 0:
            raise tools.Problem("sam build failed; it says why above.")
        measured |= {name: sizes.measure(BUILD / name / "bootstrap") for name in names or functions}
    _check_sizes(measured)


def _functions():
    """The functions of the template with their executables."""
    text = (tools.ROOT / "template.yaml").read_text()
    pattern = r"^  (\w+):\n(?:    .*\n)*?      BuildProperties: \{Binary: (\w+)\}$"
    return dict(re.findall(pattern, text, re.MULTILINE))


def _check_sizes(measured):
    # What a cold start loads, and what an update uploads.
    print(f"{'function':24}{'executable':>12}{'package':>12}")
    large = []
    for name, (executable, packed) in sorted(measured.items()):
        print(f"{name:24}{executable:12,}{packed:12,}")
        most_executable, most_package = sizes.limits(name)
        if executable > most_executable or packed > most_package:
            most = f"{most_executable:,} and {most_package:,} at most"
            large.append(f"{name} ({executable:,} and {packed:,} bytes, {most})")
    if large:
        raise tools.Problem(f"too large for infra/budget.json: {', '.join(large)}.")


if __name__ == "__main__":
    with tools.main():
        package()
