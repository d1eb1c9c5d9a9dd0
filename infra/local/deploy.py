"""`make deploy`: `sam deploy` of what `make package` built, with the parameters of samconfig.toml.

The environment's ENV is dev or prod. Functions that are published by version get a new one whenever their code
or a parameter changes: a version keeps the settings that it was published with.
"""

import hashlib
import os
import subprocess
import sys

import tools


def deploy():
    """Deploys; runs in SAM's Python, which reads TOML. Fails with a `Problem`."""
    import tomlkit

    config, name = tomlkit.parse((tools.ROOT / "samconfig.toml").read_text()), os.environ.get("ENV") or "dev"
    if "deploy" not in config.get(name, {}):
        raise tools.Problem(f"ENV is {name!r}; samconfig.toml says nothing of it.")
    parameters = list(config[name]["deploy"]["parameters"]["parameter_overrides"])
    release = hashlib.sha256("\n".join(parameters).encode())
    for path in sorted((tools.ROOT / ".aws-sam" / "build").glob("*/bootstrap")):
        release.update(path.read_bytes())
    command = [os.path.join(os.path.dirname(sys.executable), "sam"), "deploy", "--config-env", name]
    # What is given here replaces the whole list of samconfig.toml.
    command += ["--parameter-overrides", *parameters, f"Release={release.hexdigest()[:40]}"]
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    if subprocess.run([*command, *sys.argv[1:]], cwd=tools.ROOT, env=environment).returncode != 0:
        raise tools.Problem("the deployment failed; SAM says why above.")


if __name__ == "__main__":
    with tools.main():
        python = tools.environment("sam") / "python"
        if sys.prefix == str(python.parent.parent):
            deploy()
        else:
            os.execv(python, [python, __file__, *sys.argv[1:]])
