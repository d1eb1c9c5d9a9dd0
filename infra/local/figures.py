"""Copies the figures of `make bench` into benches/results.json and the tables of docs/, so that pages agree.

With --check, a part of `make lint`, it fails if a table differs from the data."""

import json
import re
import sys

import tools

RESULTS = tools.ROOT / "benches" / "results.json"
REPORT = tools.ROOT / "target" / "bench" / "report.json"
DECIMALS = {"ms": 2, "MB": 2, "MiB": 1}
# `<!-- figures: <a column>; … | <a row>; … -->`, the table, `<!-- end -->`.
BLOCK = re.compile(r"(<!-- figures: (.+?) \| (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def figures(check):
    """Writes the data and the tables. With `check`, only fails with a `Problem` if a table differs."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    if REPORT.exists() and not check:
        new = json.loads(REPORT.read_text(encoding="utf-8"))
        results = {"machine": new["machine"], "rows": [*(_by_name(results) | _by_name(new)).values()]}
        rows = ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in results["rows"])
        text = f'{{\n  "machine": {json.dumps(results["machine"])},\n  "rows": [\n{rows}\n  ]\n}}\n'
        RESULTS.write_text(text, encoding="utf-8")
    for page in sorted((tools.ROOT / "docs").rglob("*.md")):
        old = page.read_text(encoding="utf-8")
        text = BLOCK.sub(lambda block: block[1] + _table(_by_name(results), block[2], block[3]) + block[4], old)
        if text != old and check:
            raise tools.Problem(f"a table of {page.relative_to(tools.ROOT)} differs from the data; run `make figures`.")
        page.write_text(text, encoding="utf-8")


def _by_name(results):
    return {(row["figure"], row["of"]): row for row in results["rows"]}


def _table(rows, columns, names):
    columns, names = columns.split("; "), names.split("; ")
    if unknown := [name for name in columns + names if not any(name in key for key in rows)]:
        raise tools.Problem(f"benches/results.json has no row or column {unknown[0]!r}.")
    units = dict((figure, row["unit"]) for (figure, _), row in rows.items())
    lines = [["", *(f"{column}, {units[column]}".removesuffix(", ") for column in columns)]]
    lines += [[name, *(_cell(rows.get((column, name))) for column in columns)] for name in names]
    lines = [f"| {' | '.join(line)} |\n" for line in lines]
    return "".join([lines[0], "|---" * len(columns), "|---|\n", *lines[1:]])


def _cell(row):
    if row is None:
        return ""
    text = f"{row['measured']['median']:.{DECIMALS.get(row['unit'], 0)}f}"
    text += f" ({row['ratio']:.2f} ×)" if row["ratio"] else ""
    return f"**{text}**" if row["met"] is False else text


if __name__ == "__main__":
    with tools.main():
        figures(check="--check" in sys.argv)
