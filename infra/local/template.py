"""`make template`: checks template.yaml, the templates below it, the workflows and compose.yaml, without an AWS account."""

import os
import subprocess

import tools

# Neither has a say: no account is asked, and nobody is told.
VARIABLES = {"AWS_DEFAULT_REGION": "eu-central-1", "SAM_CLI_TELEMETRY": "0", "BC_SKIP_MAPPING": "TRUE"}


def check():
    """Runs every check, and fails with a `Problem` that names those which found something."""
    nested = sorted(path for path in (tools.ROOT / "infra").glob("*.yaml") if "AWSTemplateFormatVersion" in path.read_text())
    sam, checkov = tools.environment("sam"), tools.environment("checkov")
    files = [argument for path in ["template.yaml", *nested] for argument in ["--file", path]]
    checks = {
        "SAM": [sam / "sam", "validate", "--lint"],
        # Beside what is wrong, every resource with data must say what becomes of it (I3011).
        "cfn-lint": [sam / "cfn-lint", *nested, "--include-checks", "I3011"],
        "checkov": [checkov / "checkov", "--config-file", "infra/checkov.yaml", *files],
        "zizmor": [sam / "zizmor", "--offline", "--quiet", ".github"],
        "docker compose": [sam / "python", "infra/local/compose.py"],
        "the stack": [sam / "python", "infra/local/stack.py"],
        "deployments": [sam / "python", "infra/local/tests", "--quiet"],
    }
    failed = [name for name, command in checks.items() if not _passes(name, command)]
    if failed:
        raise tools.Problem(f"found by {', '.join(failed)}, above.")


def _passes(name, command):
    print(f"-- {name}", flush=True)
    environment = {**os.environ, **VARIABLES}
    return subprocess.run(command, cwd=tools.ROOT, env=environment, stdin=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    with tools.main():
        check()
