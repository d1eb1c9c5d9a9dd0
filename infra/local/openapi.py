"""Reads the API's description in OpenAPI with tools that others made for it.

    python3 infra/local/openapi.py validate openapi.json

says what is not valid in a file.

    python3 infra/local/openapi.py conformance URL [ARGUMENT …]

tests an API that answers at URL against what its openapi.json says, with schemathesis and its ARGUMENTs.
"""

import os
import sys

import tools

FOLDER = tools.ROOT / "infra" / "conformance"

VALIDATE = """
import json, sys
from openapi_spec_validator import OpenAPIV31SpecValidator

with open(sys.argv[1]) as file:
    faults = list(OpenAPIV31SpecValidator(json.load(file)).iter_errors())
sys.exit("\\n".join(map(str, faults)) or 0)
"""


def command(arguments):
    """The program for `arguments`, as a list. Fails with a `Problem`."""
    programs = tools.environment("openapi")
    match arguments:
        case ["validate", file]:
            return [programs / "python", "-c", VALIDATE, os.path.abspath(file)]
        case ["conformance", url, *others]:
            settings = f"--config-file={FOLDER / 'settings.toml'}"
            return [programs / "schemathesis", settings, "run", f"{url}/openapi.json", *others]
    raise tools.Problem(f"see the top of {os.path.relpath(__file__)} for what this does.")


if __name__ == "__main__":
    with tools.main():
        program = [os.fspath(part) for part in command(sys.argv[1:])]
        os.environ["SCHEMATHESIS_HOOKS"] = os.fspath(FOLDER / "formats.py")
        # What it remembers of a run is left there.
        os.chdir(tools.LOCAL)
        os.execv(program[0], program)
