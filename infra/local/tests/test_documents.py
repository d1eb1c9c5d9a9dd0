"""Tests the check of the documentation on small repositories."""

import tempfile
import unittest
from pathlib import Path

import documents

FILES = {
    ".gitignore": "/target/\n/.env\n",
    "Makefile": "NAME := x\ndev: ## Run\n\ttrue\ntest:\n\ttrue\n",
    "Cargo.toml": '[[test]]\nname = "api"\n',
    ".github/workflows/checks.yml": "- run: cargo test\n",
    "functions/jobs/manage/command.rs": '"status" => Self::Status,\n',
    "infra/local/dev.py": "",
    "tests/movies/list.rs": "",
    "pages/use.md": "# Use\n",
    "pages/runbook/mail.md": "# Mail\n",
}


class Documents(unittest.TestCase):
    def found(self, text, page="pages/page.md", **files):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            for name, content in {**FILES, **files, page: text}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(content, encoding="utf-8")
            return documents.Pages(root).faults()

    def assert_found(self, text, fault):
        self.assertEqual(self.found(f"first line\n{text}"), [f"pages/page.md:2: {fault}"], text)

    def test_targets_of_html_must_exist(self):
        text = '<img src="runbook/mail.md"> <a href="use.md#twice"> <a href="https://example.com">'
        self.assertEqual(self.found(text), [], text)
        self.assert_found('<a href="gone.md">x</a>', "gone.md does not exist")

    def test_targets_of_make_must_exist(self):
        for text in ["`make dev`", "`PORT=1 make dev`", "make sure", "`make test && make dev`", "`cmake gone`"]:
            self.assertEqual(self.found(text), [], text)
        for text in ["`make gone`", "`A=1 make B='x y' gone`", "`make dev && make gone`", "$ make gone"]:
            self.assert_found(text, "Makefile has no gone")

    def test_commands_of_manage_and_cargo_must_exist(self):
        for text in ['`{"command":"status"}`', r'`"{\"command\":\"status\"}"`', "`cargo test --test api movies::`"]:
            self.assertEqual(self.found(text), [], text)
        for text, fault in [
            ('`{"command":"gone"}`', "functions/jobs/manage/command.rs has no gone"),
            ("`cargo gone`", "Makefile .github/workflows/checks.yml has no gone"),
            ("`cargo test --test gone`", "Cargo.toml has no gone"),
            ("`cargo test gone`", "tests/ has no gone"),
        ]:
            self.assert_found(text, fault)

    def test_pages_and_paragraphs_keep_to_a_length(self):
        self.assertEqual(self.found("line\n" * 151 + "\n" + "| cell " * 130, page="other.md"), [])
        page = "docs" + "/long.md"
        self.assertEqual(self.found("line\n" * 151, page), [f"{page}:150: the page has more than 150 lines"])
        self.assert_found("word " * 121, "the paragraph has more than 120 words")

    def test_output_in_blocks_is_not_read_as_a_command(self):
        text = "```console\n$ make dev   # make it\nmake gone\n$ true \\\n    infra/gone.py\n```"
        self.assertEqual(self.found(text), ["pages/page.md:5: infra/gone.py does not exist"])

    def test_paths_must_exist(self):
        for text in [
            "`infra/local/dev.py`, `infra/local/*.py`, `dev.py`, `runbook/mail.md`, `local/dev.py`, `pages/`",
            "`target/release/x.json`, `.env`, `/api/v1/x.json`, `theater/movies/`, `infra/<name>.py`, `qa.example.com`",
        ]:
            self.assertEqual(self.found(text), [], text)
        for path in ["infra/gone.py", "infra/local/gone", "infra/gone/*.py", "gone.py", "local/gone.py"]:
            self.assert_found(f"`{path}`", f"{path} does not exist")
        self.assert_found("`python3 infra/gone.py --check`", "infra/gone.py does not exist")

    def test_pages_that_other_files_name_must_exist(self):
        page, gone = "docs" + "/use.md", "docs" + "/gone.md"
        text = f"# {page}, {page}#twice, https://example.com/{gone}\n# {gone}\n# {page}#gone\n"
        faults = [f"x.rs:2: {gone} does not exist", f"x.rs:3: {page}#gone names no heading"]
        self.assertEqual(self.found("## Twice\n", page, **{"x.rs": text}), faults)


if __name__ == "__main__":
    unittest.main()
