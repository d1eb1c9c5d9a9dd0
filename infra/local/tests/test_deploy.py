"""Tests `make deploy` with a fake `sam` that records its arguments, against a recorded account."""

import unittest

import deploy
import parameters
import tools
from packaged import CONFIG, Packaged


class Deployments(Packaged):
    def test_values_arrive_whole(self):
        given = self.deploy(arguments=["--no-confirm-changeset"])
        self.assertEqual(given["arguments"][:3], ["deploy", "--config-env", "dev"])
        self.assertEqual(given["arguments"][-1], "--no-confirm-changeset")
        for name, value in CONFIG.items():
            self.assertEqual(given["values"][name], value)

    def test_every_parameter_is_passed(self):
        known = parameters.template(deploy.BUILD / "template.yaml")["Parameters"]
        values = self.deploy({"MailFromName": "Theater", "LogDays": "7", "Release": "x"})["values"]
        self.assertEqual(values.keys(), known.keys())
        # The line is gone, and with it the value.
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
        known = parameters.template(deploy.BUILD / "template.yaml")["Parameters"]
        table = parameters.complete(CONFIG, known)
        self.assertEqual(parameters.complete([f"{name}={value}" for name, value in CONFIG.items()], known), table)

    def test_account_that_is_not_ready_stops_it(self):
        with self.assertRaisesRegex(tools.Problem, "would make the deployment fail"):
            self.deploy(name="fresh", preflight="")
        self.assertFalse(self.record.exists())
        self.deploy(name="ready", preflight="")
        self.deploy(name="fresh", preflight="off")

    def test_snapshot_that_is_taken_out_stops_it(self):
        with self.assertRaisesRegex(tools.Problem, 'DatabaseSnapshot = "movies-at"'):
            self.deploy({"DatabaseSnapshot": "movies-at"})

    def test_name_of_the_database_that_changes_stops_it(self):
        with self.assertRaisesRegex(tools.Problem, "docs/run/upgrade.md"):
            self.deploy({"PostgresDatabase": "theater"})
        self.assertFalse(self.record.exists())

    def test_database_stays_in_its_network(self):
        for before in [{"VpcId": "vpc-1"}, {"VpcCidr": "10.1.0.0/16"}, {"VpcId": "vpc-1", "VpcCidr": "10.1.0.0/16"}]:
            with self.assertRaisesRegex(tools.Problem, f"{' and '.join(before)} would move the database"):
                self.deploy(before)
            self.deploy({**before, "PostgresHost": "db.example.com"})
        self.configure({**CONFIG, "VpcId": "vpc-1", "SubnetIds": "subnet-1,subnet-2"})
        self.deploy({"VpcId": "vpc-1", "VpcCidr": "10.1.0.0/16"})

    def test_executables_of_another_architecture_are_refused(self):
        header = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0"
        for machine, fits in [(b"\xb7\0", True), (b"\x3e\0", False)]:
            self.login.write_bytes(header + machine + bytes(44))
            if fits:
                self.deploy()
            else:
                with self.assertRaisesRegex(tools.Problem, "Login is packaged for x86_64.*make package ARCH=arm64"):
                    self.deploy()

    def test_name_of_the_stack_that_is_too_long_is_refused(self):
        config = self.root / "samconfig.toml"
        self.change(config, "movie-theater-dev", "m" * 48)
        with self.assertRaisesRegex(tools.Problem, f'DatabaseRolePrefix = "{"m" * 47}"'):
            self.deploy()
        config.write_text(config.read_text() + 'DatabaseRolePrefix = "movies"\n')
        self.assertEqual(self.deploy()["values"]["DatabaseRolePrefix"], "movies")


if __name__ == "__main__":
    unittest.main()
