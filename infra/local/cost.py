"""Computes what Lambda charges for a million requests from benchmarks, without a bill from AWS (`make cost`).

It compares the template's memory sizes with the cheapest ones, using the figures in benches/results.json.

A function with less than 1,769 MB has that part of a core (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html),
so its own work takes longer in proportion, but waiting does not. Lambda bills whole milliseconds.
"""

import json
import math
import re

import tools

RESULTS = tools.ROOT / "benches" / "results.json"
# The memory, in MB, with which a function has one core, and the sizes to compare.
CORE, SIZES = 1769, [128, 256, 512, 1024, 1769]
# US dollars in us-east-1 on arm64: for a GB-second, and for a million requests (https://aws.amazon.com/lambda/pricing/).
GB_SECOND, REQUESTS = 0.0000133334, 0.20
# Milliseconds that the network of a region adds to a round trip to the database.
ROUND_TRIP = 0.5


def costs():
    """Yields for each measured function its name, its work and waiting in ms, and MB, ms and dollars at the cheapest
    size and at its own."""
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]
    wall, work = (_medians(rows, figure) for figure in ["warm invocation", "warm invocation, processor"])
    trips = json.loads((tools.ROOT / "infra" / "budget.json").read_text())["requests"]
    memory = _memory()
    for name in sorted(wall.keys() & memory.keys()):
        # A function that hashes a password is measured as a whole: nearly all of it is work.
        own = work.get(name, wall[name])
        waiting = max(0, wall[name] - own) + trips.get(name, {}).get("round_trips", 0) * ROUND_TRIP
        bills = [_bill(size, own, waiting) for size in SIZES]
        yield name, own, waiting, min(bills, key=lambda bill: bill[2]), _bill(memory[name], own, waiting)


def _medians(rows, figure):
    return {row["of"]: row["measured"]["median"] for row in rows if row["figure"] == figure}


def _memory():
    """Returns the memory of every function of the template, in MB, by its executable."""
    text = (tools.ROOT / "template.yaml").read_text()
    usual, resources = re.split("^Resources:$", text, flags=re.MULTILINE)
    sizes = {}
    for resource in re.split(r"^  (?=\w)", resources, flags=re.MULTILINE):
        if executable := re.search(r"BuildProperties: \{Binary: (\w+)\}", resource):
            own = re.search(r"^      MemorySize: (\d+)$", resource, re.MULTILINE)
            own = own or re.search(r"^    MemorySize: (\d+)$", usual, re.MULTILINE)
            sizes[executable[1]] = int(own[1])
    return sizes


def _bill(size, work, waiting):
    milliseconds = math.ceil(work * max(1, CORE / size) + waiting)
    return size, milliseconds, milliseconds * 1000 * size / 1024 * GB_SECOND + REQUESTS


if __name__ == "__main__":
    with tools.main():
        print("| function | work, ms | waiting, ms | cheapest | | $ a million | template | | $ a million |")
        print("|---|---|---|---|---|---|---|---|---|")
        for name, work, waiting, *bills in costs():
            bills = " | ".join(f"{size} MB | {took} ms | {price:.2f}" for size, took, price in bills)
            print(f"| `{name}` | {work:.2f} | {waiting:.2f} | {bills} |")
