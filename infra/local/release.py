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


def build():
    """Builds every function for release. Fails with a `Problem`."""
    architecture = os.environ.get("ARCH") or "arm64"
    if architecture not in ARCHITECTURES:
        raise tools.Problem(f"ARCH is {architecture!r}; it must be arm64 or x86_64.")
    if not shutil.which("cargo"):
        raise tools.Problem("cargo is missing; install Rust from https://rustup.rs and open a new terminal.")
    zig = tools.ensure("build-tools") / "ziglang"
    variables = {"PATH": f"{zig}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    command = [tools.ensure() / "bin" / "cargo-lambda", "lambda", "build", "--release", "--locked"]
    command += [ARCHITECTURES[architecture]]
    if subprocess.run(command, cwd=tools.ROOT, env={**os.environ, **variables}).returncode != 0:
        raise tools.Problem("the build failed; cargo says why above.")


if __name__ == "__main__":
    with tools.main():
        build()
