"""Checks the names in the documentation (`make lint`), because rumdl checks only the links of Markdown.

Targets of make, commands of manage, names after cargo, and paths of the repository must exist; pages and paragraphs have
a maximal length. In all other files the pages that they name must exist.
"""

import os
import re
from pathlib import Path

import tools

VARIABLES = r"(?:[A-Z_]+=(?:'[^']*'|\S+) )*"
# A pattern for a name in Markdown, the files that define the name, and how it appears there.
NAMES = [
    (rf"(?:`|\$ |&& ){VARIABLES}make {VARIABLES}([a-z][\w-]*)", "Makefile", "\n{}:"),
    (r'"command\\*": ?\\*"([\w-]+)', "functions/jobs/manage/command.rs", '"{}"'),
    (r"\bcargo .*--(?:bench|bin|test) (\w+)", "Cargo.toml", 'name = "{}"'),
    (r"(?:`|\$ )cargo ([a-z]+)", "Makefile .github/workflows/checks.yml", "cargo {}"),
]
# The names of files name tests.
TEST = re.compile(r"\bcargo test (?:--test api )?([a-z]\w*)")
# The name of a file in code, which may be relative to any folder.
FILE = re.compile(r"`([\w-][\w/.-]*\.(?:bash|csv|html|json|jsonl|lock|md|py|rs|sh|sql|toml|txt|yaml|yml))`")
HTML = re.compile(r'\b(?:href|src)="([^":#]+)["#]')
MENTION = re.compile(r"(?<![\w/.-])(docs/[\w/-]+\.md)(?:#([\w-]+))?")
LINES, WORDS = 150, 120


class Pages:
    """The files of a repository, which has a Makefile and a .gitignore."""

    def __init__(self, root):
        self.root = root
        self.ignored = {line.strip("/") for line in self._read(".gitignore").split()} | {".git"}
        self.files = set(self._files())
        top = "|".join(re.escape(path.split("/")[0]) for path in self.files if "/" in path)
        # A path, which may have globs but no placeholders such as `<name>`. Bold paths are of files to be created.
        self.path = re.compile(rf"(?<![\w/.*-])(?:{top})/[\w./*-]*\w")

    def faults(self):
        """Returns a line for each error: `page.md:12: …`."""
        faults = []
        for name in sorted(self.files):
            lines = self._read(name).splitlines()
            if name.startswith("docs/") and name.endswith(".md") and len(lines) > LINES:
                faults.append(f"{name}:{LINES}: the page has more than {LINES} lines")
            check = self._page if name.endswith(".md") else self._mentions
            faults += [f"{name}:{number}: {fault}" for number, line in enumerate(lines, 1) for fault in check(name, line)]
        return faults

    def _files(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in self.ignored]
            yield from (Path(folder, name).relative_to(self.root).as_posix() for name in names if name not in self.ignored)

    def _read(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def _page(self, page, line):
        if line[:1] != "|" and len(line.split()) > WORDS:
            yield f"the paragraph has more than {WORDS} words"
        for pattern, files, form in NAMES:
            known = "".join(map(self._read, files.split()))
            yield from (f"{files} has no {name}" for name in re.findall(pattern, line) if form.format(name) not in known)
        for name in TEST.findall(line):
            if not any(file.startswith("tests/") and name in file for file in self.files):
                yield f"tests/ has no {name}"
        for path in self.path.findall(line):
            if not any(self.root.glob(path)):
                yield f"{path} does not exist"
        for path in {*FILE.findall(line), *HTML.findall(line)} - {*self.path.findall(line)}:
            is_relative = (self.root / page).parent.joinpath(path).exists() or path.split("/")[0] in self.ignored
            if not is_relative and not any(f"/{file}".endswith(f"/{path}") for file in self.files):
                yield f"{path} does not exist"

    def _mentions(self, _, line):
        for page, anchor in MENTION.findall(line):
            if page not in self.files:
                yield f"{page} does not exist"
            elif anchor and anchor not in _anchors(self._read(page)):
                yield f"{page}#{anchor} names no heading"


def _anchors(text):
    """Returns the anchors that GitHub generates for the headings of a page."""
    headings = re.findall(r"^#{1,6} +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


if __name__ == "__main__":
    with tools.main():
        if faults := Pages(tools.ROOT).faults():
            raise tools.Problem("the documentation names what does not exist:\n" + "\n".join(faults))
