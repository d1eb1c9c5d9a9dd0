"""Tests which versions successive deployments publish: `make deploy` up to SAM's arguments, then SAM's translator."""

import unittest

import deploy
import parameters
from packaged import Packaged
from resolved import translate


class Publishing(Packaged):
    """The stack has the parameters of the last deployment, except one that CloudFormation rolled back."""

    def setUp(self):
        super().setUp()
        self.before = {}

    def publish(self, rolled_back=False):
        """Deploys, and returns the logical ids of the versions of login and manage; CloudFormation publishes the
        new ones."""
        values = self.deploy(self.before)["values"]
        if not rolled_back:
            self.before = values
        resources = translate(values, self.template)["Resources"]
        versions = {name for name, resource in resources.items() if resource["Type"] == "AWS::Lambda::Version"}
        self.assertEqual({resources[name]["Properties"]["FunctionName"]["Ref"] for name in versions}, {"Login", "Manage"})
        self.assertEqual(len(versions), 2)
        for name in ["Login", "Manage"]:
            # Lambda publishes nothing where the function itself did not change; SAM puts the release into it.
            self.assertEqual(resources[name]["Properties"]["Description"], values["Release"])
        # `manage` migrates whenever it has another version.
        self.assertIn(resources["Migration"]["Properties"]["Version"]["Ref"], versions)
        return versions

    def test_unchanged_deployment_publishes_nothing(self):
        self.assertEqual(self.publish(), self.publish())

    def test_whatever_changes_is_published(self):
        published = self.publish()
        for path, old, new in [
            (self.template, "MemorySize: 1024", "MemorySize: 2048"),
            (self.build / "network" / "template.yaml", "RouteTableId", "# Changed.\n      RouteTableId"),
            (self.root / "samconfig.toml", "Our Cinema", "Their Cinema"),
            (self.login, "code", "other code"),
        ]:
            self.change(path, old, new)
            versions = self.publish()
            self.assertEqual(published & versions, set(), path)
            published |= versions
            self.assertEqual(self.publish(), versions, path)

    def test_retry_after_roll_back_publishes_again(self):
        old = self.publish()
        self.change(self.login, "code", "new code")
        # CloudFormation keeps the version of a deployment that it rolls back.
        failed = self.publish(rolled_back=True)
        again = self.publish()
        self.assertFalse(again & (failed | old))

    def test_return_to_an_older_release_publishes_again(self):
        old, release = self.publish(), self.before["Release"]
        self.change(self.login, "code", "new code")
        new = self.publish()
        self.change(self.login, "new code", "code")
        back = self.publish()
        self.assertFalse(back & (old | new))
        self.assertEqual(self.before["Release"][-deploy.DIGEST :], release[-deploy.DIGEST :])

    def test_release_is_what_the_template_takes(self):
        self.publish()
        self.assertRegex(self.before["Release"], "^[0-9a-f]{64}$")
        release = parameters.template(deploy.BUILD / "template.yaml")["Parameters"]["Release"]
        self.assertRegex(self.before["Release"], f"^{release['AllowedPattern']}$")

    def test_unguarded_login_waits_for_no_alarm_that_rings(self):
        resources = translate({"LoginDeployment": "Unguarded"})["Resources"]
        alarms = resources["LoginDeploymentGroup"]["Properties"]["AlarmConfiguration"]
        _, unguarded, guarded = alarms["Fn::If"]
        self.assertEqual(unguarded["Alarms"], [{"Name": {"Ref": "Unguarded"}}])
        self.assertEqual(len(guarded["Alarms"]), 2)
        self.assertEqual(resources["Unguarded"]["Condition"], alarms["Fn::If"][0])


if __name__ == "__main__":
    unittest.main()
