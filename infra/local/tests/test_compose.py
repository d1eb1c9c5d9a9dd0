"""Tests compose.yaml without Docker, which would find its errors only at the start."""

import re
import unittest

import tools
import yaml

VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(:\?)?")
SECRET = re.compile("PASSWORD|SECRET")
TEXT = (tools.ROOT / "compose.yaml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]


class Compose(unittest.TestCase):
    def test_variables_are_those_of_the_sample_and_secrets_have_no_value(self):
        lines = (tools.ROOT / ".env.sample").read_text().splitlines()
        sample = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        found = VARIABLE.findall(TEXT)
        self.assertEqual({name for name, _ in found}, sample.keys())
        # Compose names a missing variable only if it is required.
        self.assertEqual({name for name, is_required in found if is_required}, sample.keys())
        self.assertEqual([name for name, value in sample.items() if SECRET.search(name) and value], [])

    def test_servers_have_health_checks(self):
        conditions = [item for service in SERVICES.values() for item in service.get("depends_on", {}).items()]
        finite = {name for name, how in conditions if how["condition"] == "service_completed_successfully"}
        self.assertEqual({name for name, service in SERVICES.items() if "healthcheck" not in service}, finite)

    def test_services_are_local_pinned_and_without_passwords(self):
        for name, service in SERVICES.items():
            with self.subTest(name):
                self.assertIn("theater_network", service["networks"])
                if "build" not in service:
                    self.assertRegex(service["image"], r":v?\d")
                for port in service.get("ports", []):
                    self.assertTrue(port.startswith("127.0.0.1:"), port)
                for variable, value in service.get("environment", {}).items():
                    self.assertTrue(not SECRET.search(variable) or VARIABLE.match(value), variable)
