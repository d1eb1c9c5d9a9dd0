"""Checks links, commands and paths in the documentation (`make lint`), because link checkers check only links.

Checks relative links with their anchors, targets of make, commands of manage, names after cargo, paths of the
repository in code, and the length of pages in docs/. In other files it checks the pages that they name.
"""

import re
import shlex

import tools

FENCE = re.compile(r"^\s*(```+|~~~+)\s*(\w*)")
# `[text](target "title")`, `[name]: target`, and HTML's attributes.
LINK = re.compile(r"""\]\(\s*<?([^\s)>]+)|^\s*\[[^\]]+\]:\s+(\S+)|\b(?:href|src)="([^"]+)""")
SPAN = re.compile(r"(`+)(.+?)\1")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
# A path, which may have globs but no placeholders such as `<name>`.
PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*/?")
MENTION = re.compile(r"(?<![\w/.-])docs/[\w/-]+\.md(?:#[\w-]+)?")
# A pattern for a named command, the file that defines the name, and how it appears there. File names name tests.
COMMANDS = [
    (re.compile(r'"command\\*": ?\\*"([\w-]+)'), '"{}"', "functions/jobs/manage/command.rs"),
    (re.compile(r"\bcargo .*--(?:bench|bin|test) (\w+)"), 'name = "{}"', "Cargo.toml"),
    (re.compile(r"(?:`|\$ )cargo ([a-z]+)"), "cargo {}", "Makefile .github/workflows/checks.yml"),
]
TEST = re.compile(r"\bcargo test (?:--test api )?([a-z]\w*)")
LINES, WORDS = 150, 120
SUFFIXES = "bash csv html json jsonl lock md py rs sh sql toml txt yaml yml".split()


def check():
    """Fails with a `Problem` that names the page and line of everything that does not exist."""
    faults = Pages(tools.ROOT).faults()
    if faults:
        raise tools.Problem("the documentation names what does not exist:\n" + "\n".join(faults))


class Pages:
    """The Markdown pages of a repository, which has a Makefile and a .gitignore."""

    def __init__(self, root):
        self.root = root
        lines = (root / ".gitignore").read_text(encoding="utf-8").split()
        self.ignored = {line.strip("/") for line in lines} | {".git"}
        self.files = {path.relative_to(root).as_posix() for path in _walk(root, self.ignored)}
        self.names = {path.rsplit("/", 1)[-1] for path in self.files}
        self.top = {path.split("/")[0] for path in self.files if "/" in path}
        self.targets = set(re.findall(r"^([\w.-]+):(?!=)", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    def faults(self):
        """Yields a line for each error: `page.md:12: …`."""
        return [
            f"{name}:{number}: {fault}"
            for name in sorted(self.files)
            for number, fault in (self._page(name) if name.endswith(".md") else self._mentions(name))
        ]

    def _page(self, page):
        text = (self.root / page).read_text(encoding="utf-8")
        if page.startswith("docs/") and text.count("\n") > LINES:
            yield LINES, f"the page has more than {LINES} lines"
        for number, line, code in _lines(text):
            if code is None and line[:1] != "|" and len(line.split()) > WORDS:
                yield number, f"the paragraph has more than {WORDS} words"
            for fault in [*self._commands(line), *self._faults(page, line, code)]:
                yield number, fault

    def _commands(self, line):
        for pattern, form, names in COMMANDS:
            known = "".join((self.root / name).read_text(encoding="utf-8") for name in names.split())
            for name in pattern.findall(line):
                if form.format(name) not in known:
                    yield f"{names} has no {name}"
        for name in TEST.findall(line):
            if not any(file.startswith("tests/") and name in file for file in self.files):
                yield f"tests/ has no {name}"

    def _mentions(self, name):
        try:
            lines = (self.root / name).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            return
        for number, line in enumerate(lines, 1):
            for mention in MENTION.findall(line):
                for fault in self._link("README.md", mention):
                    yield number, fault

    def _faults(self, page, text, code):
        if code is None:
            spans = [span.strip() for _, span in SPAN.findall(text)]
            for groups in LINK.findall(SPAN.sub("", text)):
                yield from self._link(page, "".join(groups))
        else:
            spans = [code]
        for span in spans:
            words = _words(span)
            for target in _targets(words):
                if target not in self.targets:
                    yield f"the Makefile has no target {target}"
            for word in words:
                if not self._exists(page, word, alone=words == [word] and code is None):
                    yield f"{word} does not exist"

    def _link(self, page, target):
        if re.match(r"[a-z][a-z+.-]*:|//", target):
            return
        path, _, anchor = target.partition("#")
        linked = (self.root / page).parent / path if path else self.root / page
        if not linked.exists() or self.root not in [linked.resolve(), *linked.resolve().parents]:
            yield f"the link {target} leads nowhere"
        elif anchor and linked.suffix == ".md" and anchor not in _anchors(linked.read_text(encoding="utf-8")):
            yield f"the link {target} names no heading"

    def _exists(self, page, word, alone):
        """Returns whether a word in code exists as a path, or does not look like a path of the repository."""
        if not PATH.fullmatch(word):
            return True
        first = word.split("/")[0]
        if first in self.ignored or f"{first}/" == word:
            return True
        if "/" in word and first in self.top:
            return any(True for _ in self.root.glob(word.rstrip("/")))
        if not alone or not re.fullmatch(rf"[\w/-][\w/.-]*\.({'|'.join(SUFFIXES)})", word):
            return True
        # A single name may be relative to the folder of the page or to any other.
        if "/" in word:
            return (self.root / page).parent.joinpath(word).exists() or any(p.endswith(f"/{word}") for p in self.files)
        return word in self.names


def _walk(folder, ignored):
    for path in folder.iterdir():
        if path.name in ignored:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path, ignored)
        else:
            yield path


def _lines(text):
    """Yields (number, line, code) for each line of a page. `code` is None outside of blocks of code; inside it is the
    command: in a console, the text after the prompt."""
    fence = console = None
    continues = False
    for number, line in enumerate(text.splitlines(), 1):
        mark = FENCE.match(line)
        if mark and fence is None:
            fence, console = mark.group(1), mark.group(2) == "console"
        elif mark and line.strip() == fence:
            fence = None
        elif fence is None:
            yield number, line, None
        elif not console or continues or line.startswith("$ "):
            continues = line.endswith("\\")
            yield number, line, re.sub(r"^\$ |\s#\s.*|\\$", "", line)


def _words(code):
    try:
        return shlex.split(code)
    except ValueError:
        return code.split()


def _targets(words):
    """Yields the targets of each `make` at the start of a command, with or without variables before it."""
    making = False
    begins = True
    for word in words:
        if word in ["&&", "||", ";", "|"]:
            making, begins = False, True
        elif begins and word == "make":
            making, begins = True, False
        elif making and re.fullmatch(r"[a-z][\w-]*;?", word):
            yield word.rstrip(";")
        elif begins and "=" not in word:
            begins = False


def _anchors(text):
    """Yields the anchors that GitHub generates for the headings of a page; repeated ones end in -1, -2 and so on."""
    anchors = set()
    for _, line, code in _lines(text):
        heading = HEADING.match(line) if code is None else None
        if heading:
            words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading.group(1))
            anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            count = 1
            unique = anchor
            while unique in anchors:
                unique, count = f"{anchor}-{count}", count + 1
            anchors.add(unique)
    return anchors


if __name__ == "__main__":
    with tools.main():
        check()
