"""Checks the dependencies in Cargo.lock against deny.toml: their licences, and that they come from crates.io.

It reads as much of deny.toml as it needs, and needs no program to be compiled first, as cargo-deny does.
"""

import json
import re
import subprocess

import tools

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"
CONFIGURATION = tools.ROOT / "deny.toml"


def check():
    """Fails with a `Problem` that names every dependency that is not allowed."""
    # Python reads TOML itself only since 3.11.
    text = re.sub("#.*", "", CONFIGURATION.read_text())
    listed = re.search(r"^allow = \[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    allowed = set(re.findall(r'"([^"]+)"', listed.group(1)))
    faults = []
    for package in _packages():
        licence = package["license"] or "none"
        if not permits(licence, allowed):
            faults.append(f"{package['name']} {package['version']}: licence {licence}")
        if package["source"] not in [None, CRATES_IO]:
            faults.append(f"{package['name']} {package['version']}: source {package['source']}")
    if faults:
        raise tools.Problem("deny.toml does not allow these dependencies:\n" + "\n".join(faults))


def permits(expression, allowed):
    """Whether an SPDX expression, or the older form with slashes, can be met with the allowed licences."""
    words = re.findall(r"[()]|[^\s()]+", expression.replace("/", " OR "))

    def alternatives():
        met = every()
        while words and words[0] == "OR":
            words.pop(0)
            met = every() or met
        return met

    def every():
        met = one()
        while words and words[0] == "AND":
            words.pop(0)
            met = one() and met
        return met

    def one():
        word = words.pop(0)
        if word == "(":
            met = alternatives()
            words.pop(0)
            return met
        if words and words[0] == "WITH":
            word += " WITH " + words[1]
            del words[:2]
        return word in allowed

    return alternatives()


def _packages():
    command = ["cargo", "metadata", "--format-version=1", "--locked"]
    result = subprocess.run(command, cwd=tools.ROOT, stdout=subprocess.PIPE)
    if result.returncode != 0:
        raise tools.Problem("cargo metadata failed; cargo says why above.")
    return json.loads(result.stdout)["packages"]


if __name__ == "__main__":
    with tools.main():
        check()
