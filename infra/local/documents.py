"""Checks what the documentation names (`make lint`) beyond the links of Markdown, which rumdl checks.

Checks targets of make, commands of manage, names after cargo, paths of the repository in code, targets of HTML, and the
length of paragraphs and of pages in docs/. In other files it checks the pages that they name.
"""

import itertools
import os
import re
import shlex
from pathlib import Path

import tools

FENCE = re.compile(r"\s*(?:```+|~~~+)\s*(\w*)")
SPAN = re.compile(r"(`+)(.+?)\1")
HTML = re.compile(r'\b(?:href|src)="([^":#]+)["#]')
# A path, which may have globs but no placeholders such as `<name>`.
PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*/?")
FILE = re.compile(r"[\w/-][\w/.-]*\.(bash|csv|html|json|jsonl|lock|md|py|rs|sh|sql|toml|txt|yaml|yml)")
MENTION = re.compile(r"(?<![\w/.-])(docs/[\w/-]+\.md)(?:#([\w-]+))?")
# A pattern for a named command, the files that define the name, and how it appears there.
COMMANDS = [
    (re.compile(r'"command\\*": ?\\*"([\w-]+)'), '"{}"', "functions/jobs/manage/command.rs"),
    (re.compile(r"\bcargo .*--(?:bench|bin|test) (\w+)"), 'name = "{}"', "Cargo.toml"),
    (re.compile(r"(?:`|\$ )cargo ([a-z]+)"), "cargo {}", "Makefile .github/workflows/checks.yml"),
]
# The names of files name tests.
TEST = re.compile(r"\bcargo test (?:--test api )?([a-z]\w*)")
LINES, WORDS = 150, 120


class Pages:
    """The Markdown pages of a repository, which has a Makefile and a .gitignore."""

    def __init__(self, root):
        self.root = root
        self.ignored = {line.strip("/") for line in self._read(".gitignore").split()} | {".git"}
        self.files = set(self._files())
        self.top = {path.split("/")[0] for path in self.files if "/" in path}
        self.targets = set(re.findall(r"^([\w.-]+):(?!=)", self._read("Makefile"), re.MULTILINE))

    def faults(self):
        """Returns a line for each error: `page.md:12: …`."""
        checks = ((name, self._page if name.endswith(".md") else self._mentions) for name in sorted(self.files))
        return [f"{name}:{number}: {fault}" for name, check in checks for number, fault in check(name)]

    def _files(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in self.ignored]
            for name in names:
                if name not in self.ignored:
                    yield Path(folder, name).relative_to(self.root).as_posix()

    def _read(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def _page(self, page):
        text = self._read(page)
        if page.startswith("docs/") and text.count("\n") > LINES:
            yield LINES, f"the page has more than {LINES} lines"
        for number, line, is_code in _lines(text):
            if not is_code and line[:1] != "|" and len(line.split()) > WORDS:
                yield number, f"the paragraph has more than {WORDS} words"
            for fault in [*self._commands(line), *self._code(page, line, is_code)]:
                yield number, fault
            for target in [] if is_code else HTML.findall(SPAN.sub("", line)):
                if not (self.root / page).parent.joinpath(target).exists():
                    yield number, f"the link {target} leads nowhere"

    def _commands(self, line):
        for pattern, form, names in COMMANDS:
            known = "".join(map(self._read, names.split()))
            yield from (f"{names} has no {name}" for name in pattern.findall(line) if form.format(name) not in known)
        for name in TEST.findall(line):
            if not any(file.startswith("tests/") and name in file for file in self.files):
                yield f"tests/ has no {name}"

    def _code(self, page, line, is_code):
        for span in [line] if is_code else [span.strip() for _, span in SPAN.findall(line)]:
            words = _words(span)
            yield from (f"the Makefile has no target {name}" for name in _targets(words) if name not in self.targets)
            is_alone = not is_code and words == [span]
            yield from (f"{word} does not exist" for word in words if not self._exists(page, word, is_alone))

    def _exists(self, page, word, is_alone):
        """Returns whether a word in code exists as a path, or does not look like a path of the repository."""
        first, is_path, _ = word.partition("/")
        if not PATH.fullmatch(word) or first in self.ignored or f"{first}/" == word:
            return True
        if is_path and first in self.top:
            return any(self.root.glob(word.rstrip("/")))
        # A single name may be relative to the folder of the page or to any other.
        is_relative = (self.root / page).parent.joinpath(word).exists()
        return not (is_alone and FILE.fullmatch(word)) or is_relative or any(f"/{path}".endswith(f"/{word}") for path in self.files)

    def _mentions(self, name):
        for number, line in enumerate(self._read(name).splitlines(), 1):
            for page, anchor in MENTION.findall(line):
                if page not in self.files:
                    yield number, f"the link {page} leads nowhere"
                elif anchor and anchor not in _anchors(self._read(page)):
                    yield number, f"the link {page}#{anchor} names no heading"


def _lines(text):
    """Yields (number, line, is_code) for each line of a page; of a console, only the commands."""
    language, is_command = None, False
    for number, line in enumerate(text.splitlines(), 1):
        if mark := FENCE.match(line):
            language = mark[1] if language is None else None
        elif language is None:
            yield number, line, False
        elif language != "console" or is_command or line.lstrip().startswith("$ "):
            is_command = line.endswith("\\")
            yield number, re.sub(r"^\s*\$ |\s#\s.*|\\$", "", line), True


def _words(code):
    try:
        return shlex.split(code.replace(";", " ; "))
    except ValueError:
        return code.split()


def _targets(words):
    """Yields the targets of each `make` of a command line, which may follow variables."""
    for _, command in itertools.groupby(words, lambda word: word in ["&&", "||", ";", "|"]):
        command = itertools.dropwhile(lambda word: "=" in word, command)
        if next(command, None) == "make":
            yield from (word for word in command if re.fullmatch(r"[a-z][\w-]*", word))


def _anchors(text):
    """Returns the anchors that GitHub generates for the headings of a page."""
    headings = re.findall(r"^#{1,6} +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


if __name__ == "__main__":
    with tools.main():
        if faults := Pages(tools.ROOT).faults():
            raise tools.Problem("the documentation names what does not exist:\n" + "\n".join(faults))
