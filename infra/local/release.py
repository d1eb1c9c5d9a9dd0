"""`make build`: the executables that Lambda runs, at `target/lambda/<function>/bootstrap`.

The environment's ARCH is arm64 or x86_64, as the template's Architecture. Zig links them, on every
machine alike, against the glibc of Amazon Linux 2023 or older, not against that of the machine.
"""

import os
import shutil
import subprocess

import tools

# `cargo lambda` names the architectures in its own way.
ARCHITECTURES = {"arm64": "--arm64", "x86_64": "--x86-64"}


def architecture():
    """What to build for. Fails with a `Problem` where the environment names nothing that there is."""
    chosen = os.environ.get("ARCH") or "arm64"
    if chosen not in ARCHITECTURES:
        raise tools.Problem(f"ARCH is {chosen!r}; it must be arm64 or x86_64.")
    return chosen


def build(*executables, target=None, options=("--release",)):
    """Builds these, or all, and gives the variables that find the tools for it. Fails with a `Problem`."""
    flag = ARCHITECTURES[target or architecture()]
    if not shutil.which("cargo"):
        raise tools.Problem("cargo is missing; install Rust from https://rustup.rs and open a new terminal.")
    zig, programs = tools.ensure("build-tools") / "ziglang", tools.ensure() / "bin"
    variables = {"PATH": os.pathsep.join([str(zig), str(programs), os.environ.get("PATH", os.defpath)])}
    command = [programs / "cargo-lambda", "lambda", "build", "--locked", flag, *options]
    command += [argument for name in executables for argument in ["--bin", name]]
    if subprocess.run(command, cwd=tools.ROOT, env={**os.environ, **variables}).returncode != 0:
        raise tools.Problem("the build failed; cargo says why above.")
    return variables


if __name__ == "__main__":
    with tools.main():
        build()
