"""`make deploy` with a `sam` that writes down what it was given, against a recorded account."""

import contextlib
import json
import logging
import os
import shutil
import stat
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import deploy
import parameters
import stack as translated
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


class Deployments(unittest.TestCase):
    def setUp(self):
        contexts = contextlib.ExitStack()
        self.addCleanup(contexts.close)
        self.root = Path(contexts.enter_context(tempfile.TemporaryDirectory()))
        build = self.root / ".aws-sam" / "build"
        (build / "infra").mkdir(parents=True)
        for nested in (tools.ROOT / "infra").glob("*.yaml"):
            shutil.copy(nested, build / "infra")
        shutil.copy(tools.ROOT / "template.yaml", build / "template.yaml")
        # As `sam build` writes it.
        text = (build / "template.yaml").read_text()
        text = text.replace("{Binary: login}\n    Properties:\n", "{Binary: login}\n    Properties:\n      CodeUri: Login\n")
        (build / "template.yaml").write_text(text)
        self.login = build / "Login" / "bootstrap"
        self.login.parent.mkdir()
        self.login.write_text("code")
        self.build, self.record = build, self.root / "record.json"
        self.configure(CONFIG)
        sam = self.root / "sam"
        sam.write_text(SAM.format(python=sys.executable, record=os.fspath(self.record)))
        sam.chmod(stat.S_IRWXU)
        for place, value in [("tools.ROOT", self.root), ("deploy.BUILD", build), ("deploy.SAM", os.fspath(sam))]:
            contexts.enter_context(mock.patch(place, value))
        contexts.enter_context(mock.patch("builtins.print"))

    def configure(self, values):
        lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items())
        start = '[dev.global.parameters]\nstack_name = "movie-theater-dev"\n[dev.deploy.parameters.parameter_overrides]\n'
        (self.root / "samconfig.toml").write_text(start + lines + "\n")

    def deploy(self, before=None, name="ready", arguments=()):
        """What SAM was given for a deployment over a stack with the parameters `before`."""
        answers = {"DescribeStacks": stack("UPDATE_ROLLBACK_COMPLETE", **before)} if before else {}
        self.record.unlink(missing_ok=True)
        with account(name, **answers) as (environment, _), mock.patch.dict(os.environ, {**environment, "ENV": "dev"}):
            deploy.deploy(list(arguments))
        return json.loads(self.record.read_text())

    def release(self, before=None):
        return self.deploy(before)["values"]["Release"]

    def test_values_arrive_whole(self):
        given = self.deploy(arguments=["--no-confirm-changeset"])
        self.assertEqual(given["arguments"][:3], ["deploy", "--config-env", "dev"])
        self.assertEqual(given["arguments"][-1], "--no-confirm-changeset")
        for name, value in CONFIG.items():
            self.assertEqual(given["values"][name], value)

    def test_every_parameter_is_passed(self):
        known = deploy.built()["Parameters"]
        values = self.deploy({"MailFromName": "Ours", "LogDays": "7", "Release": "x"})["values"]
        self.assertEqual(values.keys(), known.keys())
        # Its line is gone, and with it its value.
        self.assertEqual(values["LogDays"], "30")
        self.assertEqual(values["ImportBucket"], "")

    def test_secrets_are_not_on_the_command_line(self):
        self.configure({**CONFIG, "MailUrl": "smtp://ann:secret@mail.example.com?tls=required"})
        self.assertNotIn("secret", " ".join(self.deploy()["arguments"]))

    def test_parameter_that_does_not_exist_is_refused(self):
        for values, name in [({**CONFIG, "MailForm": "x"}, "MailForm"), ({**CONFIG, "Release": "x"}, "Release")]:
            self.configure(values)
            with self.assertRaisesRegex(tools.Problem, name):
                self.deploy()
        self.configure({"PublicUrl": "https://movies.example.com"})
        with self.assertRaisesRegex(tools.Problem, "MailFrom"):
            self.deploy()

    def test_list_of_parameters_is_read_like_a_table(self):
        known = deploy.built()["Parameters"]
        table = parameters.complete(CONFIG, known)
        self.assertEqual(parameters.complete([f"{name}={value}" for name, value in CONFIG.items()], known), table)

    def test_account_that_is_not_ready_stops_it(self):
        with self.assertRaisesRegex(tools.Problem, "would make the deployment fail"):
            self.deploy(name="fresh")
        self.assertFalse(self.record.exists())

    def test_snapshot_that_is_taken_out_stops_it(self):
        with self.assertRaisesRegex(tools.Problem, 'DatabaseSnapshot = "movies-at"'):
            self.deploy({"DatabaseSnapshot": "movies-at"})

    def test_release_changes_with_whatever_is_deployed(self):
        first = self.release()
        releases = {first[: deploy.DIGEST]}
        for path, old, new in [
            (self.login, "code", "other code"),
            (self.build / "template.yaml", "MemorySize: 1024", "MemorySize: 2048"),
            (self.build / "infra" / "network.yaml", "Description", "# Changed.\nDescription"),
            (self.root / "samconfig.toml", "Our Cinema", "Their Cinema"),
        ]:
            path.write_text(path.read_text().replace(old, new, 1))
            releases.add(self.release()[: deploy.DIGEST])
        self.assertEqual(len(releases), 5)

    def test_release_stays_where_nothing_changed(self):
        first = self.release()
        self.assertRegex(first, "^[0-9a-f]{40}T[0-9]{14}$")
        self.assertRegex(first, deploy.built()["Parameters"]["Release"]["AllowedPattern"])
        self.assertEqual(self.release({"Release": first}), first)

    def test_retry_and_return_publish_again(self):
        old = self.release()
        with mock.patch("deploy.moment", side_effect=["T20260131120000", "T20260131130000", "T20260131140000"]):
            self.login.write_text("new code")
            # Taken back: the stack shows the release before, and the version of the new one stays published.
            failed = self.release({"Release": old})
            again = self.release({"Release": old})
            self.assertNotEqual(failed, again)
            self.login.write_text("code")
            back = self.release({"Release": again})
            self.assertNotEqual(back, old)
            self.assertEqual(back[: deploy.DIGEST], old[: deploy.DIGEST])


class Publishing(unittest.TestCase):
    """What CloudFormation would publish, by the template as SAM translates it."""

    def published(self, release):
        template = translated.translate({"Release": release})["Resources"]
        kinds = {name: resource["Type"] for name, resource in template.items()}
        versions = {name for name, kind in kinds.items() if kind == "AWS::Lambda::Version"}
        return versions, {name: template[name]["Properties"] for name in ["Login", "Manage"]}

    def test_new_release_publishes_login_and_manage(self):
        versions, functions = self.published("a" * 40 + "T20260131120000")
        other, others = self.published("b" * 40 + "T20260131130000")
        self.assertEqual(len(versions), 2)
        self.assertFalse(versions & other)
        # Lambda publishes no second version of the same function, so the function itself must differ.
        for name, function in functions.items():
            self.assertNotEqual(function["Description"], others[name]["Description"])

    def test_same_release_publishes_nothing(self):
        self.assertEqual(self.published("a")[0], self.published("a")[0])


if __name__ == "__main__":
    unittest.main()
