"""Deploys what `make package` built (`make deploy`), after checks for loss of data and late failures that SAM lacks.

The environment variable ENV is dev or prod, samconfig.toml has the parameters, and arguments go to SAM.
`make preflight` runs first, unless PREFLIGHT is off. Runs in SAM's Python.
"""

import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

import parameters
import preflight
import tools

BUILD = tools.ROOT / ".aws-sam" / "build"
SAM = os.path.join(os.path.dirname(sys.executable), "sam")
# The numbers of Lambda's architectures in ELF files, at bytes 18 and 19.
MACHINES = {b"\xb7\0": "arm64", b"\x3e\0": "x86_64"}
# The length of the digest at the end of a release; the rest is random.
DIGEST = 40


def deploy(arguments):
    """Deploys. Fails with a `Problem`."""
    if not (BUILD / "template.yaml").is_file():
        raise tools.Problem("the package is missing; run make package first.")
    name, template = os.environ.get("ENV") or "dev", parameters.template(BUILD / "template.yaml")
    values, settings = parameters.read(name, template)
    account = preflight.Account(settings.get("region"))
    stack = account.stack(settings["stack_name"])
    if os.environ.get("PREFLIGHT") != "off":
        preflight.require(account, values, stack, template)
    before = stack["Parameters"]
    _refuse_empty_database(before, values)
    _refuse_other_network(before, values)
    _refuse_other_architecture(template, values)
    for changed, old, new in parameters.changes(before, values):
        print(f"{changed}: {old or '(empty)'} → {new or '(empty)'}")
    values["Release"] = release(contents(template, values), before.get("Release", ""))
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        # In a file, because SAM splits arguments at blanks, and all users of the machine can read a command line. JSON
        # is valid YAML.
        json.dump(values, file)
        file.flush()
        command = [SAM, "deploy", "--config-env", name, "--parameter-overrides", f"file://{file.name}", *arguments]
        if subprocess.run(command, cwd=tools.ROOT, env={**os.environ, "SAM_CLI_TELEMETRY": "0"}).returncode != 0:
            raise tools.Problem("the deployment failed; SAM says why above, and docs/run/runbook/deployment.md what to do.")


def contents(template, values):
    """Returns a digest of what would be deployed: all templates, executables and parameters."""
    nested = [resource.get("Properties", {}).get("TemplateURL") for resource in template["Resources"].values()]
    paths = {BUILD / "template.yaml", *(BUILD / path for path in nested if path), *_executables(template)}
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    for path in sorted(paths):
        if not path.is_file():
            raise tools.Problem(f"{path} is missing; run make package again.")
        # The length separates a file from the next one.
        data = path.read_bytes()
        digest.update(f"\0{os.path.relpath(path, BUILD)}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()[:DIGEST]


def release(digest, before):
    """Returns the value of `Release`: the previous one if nothing changed, else a new one that ends with the digest.

    SAM derives the logical id of a version from its first ten characters, and puts all of it into the function's
    description. A deployment that CloudFormation rolled back leaves its published version behind, and Lambda does
    not publish the same function again; the random part makes it different.
    """
    return before if before.endswith(digest) else secrets.token_hex(12) + digest


def _executables(template):
    places = [resource.get("Properties", {}).get("CodeUri") for resource in template["Resources"].values()]
    return [BUILD / place / "bootstrap" for place in places if isinstance(place, str)]


def _refuse_other_architecture(template, values):
    """Lambda would fail when the first function runs, which migrates a database that is just created."""
    wanted = values["Architecture"]
    for path in filter(Path.is_file, _executables(template)):
        executable = path.read_bytes()
        built = MACHINES.get(executable[18:20]) if executable.startswith(b"\x7fELF") else None
        if built and built != wanted:
            raise tools.Problem(
                f"{path.parent.name} is packaged for {built}, and Architecture is {wanted}; run make package ARCH={wanted}."
            )


def _refuse_empty_database(before, values):
    snapshot = before.get("DatabaseSnapshot")
    if snapshot and not values["DatabaseSnapshot"]:
        raise tools.Problem(
            f"the database was created from the snapshot {snapshot}, and CloudFormation would replace it by an empty one;"
            f' put DatabaseSnapshot = "{snapshot}" back into samconfig.toml.'
        )
    name = before.get("PostgresDatabase")
    if name and name != values["PostgresDatabase"] and not before.get("PostgresHost") and not values["PostgresHost"]:
        raise tools.Problem(
            f"the database is named {name}, and CloudFormation would replace it by an empty one of another name;"
            " docs/run/upgrade.md says how to keep it."
        )


def _refuse_other_network(before, values):
    """RDS accepts no subnets of another network for its subnet group, and fails once the new network is created."""
    changed = [name for name in ["VpcId", "VpcCidr"] if before.get(name, values[name]) != values[name]]
    has_database = not before.get("PostgresHost") and not values["PostgresHost"]
    # VpcCidr is for a network that the stack creates.
    if has_database and changed and (changed != ["VpcCidr"] or not values["VpcId"]):
        raise tools.Problem(
            f"{' and '.join(changed)} would move the database into another network, which RDS refuses; docs/run/upgrade.md"
            " says how to move."
        )


if __name__ == "__main__":
    with tools.main():
        deploy(sys.argv[1:])
