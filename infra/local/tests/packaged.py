"""Provides a packaged project in a temporary folder and a fake `sam` that records its arguments."""

import contextlib
import json
import logging
import os
import re
import shutil
import stat
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import deploy
import tools
from recorded import account, stack

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\nAgEA==\n-----END CERTIFICATE-----\n"
CONFIG = {
    "MailFrom": "no-reply@example.com",
    "MailFromName": "Our Cinema",
    "PublicUrl": "https://movies.example.com",
    "DatabaseCa": PEM,
}
# Like SAM, it reads the file with SAM's own parser of the option.
SAM = """#!{python}
import json, sys
from samcli.cli.types import CfnParameterOverridesType
option = sys.argv.index("--parameter-overrides")
values = CfnParameterOverridesType().convert(sys.argv[option + 1], None, None)
json.dump({{"arguments": sys.argv[1:], "values": values}}, open({record!r}, "w"))
"""

logging.disable(logging.WARNING)


class Packaged(unittest.TestCase):
    """Has in `self.build` the files of `make package` that a deployment reads; tests change them."""

    def setUp(self):
        contexts = contextlib.ExitStack()
        self.addCleanup(contexts.close)
        self.root = Path(contexts.enter_context(tempfile.TemporaryDirectory()))
        self.build, self.record = self.root / ".aws-sam" / "build", self.root / "record.json"
        self.template, self.login = self.build / "template.yaml", self.build / "Login" / "bootstrap"
        self.login.parent.mkdir(parents=True)
        self.login.write_text("code")
        # As `sam build` writes it: a folder for each function and each nested stack. One function stands for all.
        text = (tools.ROOT / "template.yaml").read_text()
        text = text.replace("{Binary: login}\n    Properties:\n", "{Binary: login}\n    Properties:\n      CodeUri: Login\n")
        for nested in re.findall("TemplateURL: infra/(.*)[.]yaml", text):
            (self.build / nested).mkdir()
            shutil.copy(tools.ROOT / "infra" / f"{nested}.yaml", self.build / nested / "template.yaml")
            text = text.replace(f"TemplateURL: infra/{nested}.yaml", f"TemplateURL: {nested}/template.yaml")
        self.template.write_text(text)
        self.configure(CONFIG)
        sam = self.root / "sam"
        sam.write_text(SAM.format(python=sys.executable, record=os.fspath(self.record)))
        sam.chmod(stat.S_IRWXU)
        for place, value in [("tools.ROOT", self.root), ("deploy.BUILD", self.build), ("deploy.SAM", os.fspath(sam))]:
            contexts.enter_context(mock.patch(place, value))
        contexts.enter_context(mock.patch("builtins.print"))

    def configure(self, values):
        """Writes samconfig.toml with these parameters."""
        lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items())
        start = '[dev.global.parameters]\nstack_name = "movie-theater-dev"\n[dev.deploy.parameters.parameter_overrides]\n'
        (self.root / "samconfig.toml").write_text(start + lines + "\n")

    def change(self, path, old, new):
        """Replaces the first `old` in the file by `new`."""
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1))

    def deploy(self, before=None, name="ready", arguments=(), preflight="off"):
        """Returns the arguments of SAM for a deployment over a stack with the parameters `before`."""
        answers = {"DescribeStacks": stack("UPDATE_ROLLBACK_COMPLETE", **before)} if before else {}
        self.record.unlink(missing_ok=True)
        with account(name, **answers) as (environment, _):
            with mock.patch.dict(os.environ, {**environment, "ENV": "dev", "PREFLIGHT": preflight}):
                deploy.deploy(list(arguments))
        return json.loads(self.record.read_text())
