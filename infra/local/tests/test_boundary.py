"""Tests the permissions of the role in infra/github.yaml, and the boundary of the roles that its deployments create."""

import fnmatch
import json
import re
import unittest
from unittest import mock

from moto.iam.aws_managed_policies import aws_managed_policies_data
from resolved import PSEUDO, Resolved, resolved, template
from test_switches import DOMAIN

BOUNDARY = "arn:aws:iam::123456789012:policy/movie-theater-github-dev"
OTHER = "arn:aws:iam::aws:policy/AdministratorAccess"
# The actions for which IAM has a condition on the boundary (Service Authorization Reference).
BOUND = ["AttachRolePolicy", "CreateRole", "DeleteRolePolicy", "DetachRolePolicy", "PutRolePermissionsBoundary", "PutRolePolicy"]
EVERYTHING = {
    **DOMAIN,
    "DatabaseProxy": "true",
    "BackupCopyVaultArn": "arn:aws:backup:eu-west-1:123456789012:backup-vault:movies",
    "ApiLogRole": "create",
    "ImportBucket": "catalogues",
}


def github(environment):
    """Returns the resources of infra/github.yaml for an environment, as docs/run/pipeline.md deploys it."""
    given = {"Repository": "example/movies", "Environment": environment, "ProviderExists": "false"}
    with mock.patch.dict(PSEUDO, {"AWS::StackName": f"movie-theater-github-{environment}"}):
        return Resolved(template("infra/github.yaml"), given).resources


def listed(value):
    return value if isinstance(value, list) else [value]


def matches(patterns, text):
    return any(fnmatch.fnmatchcase(text.lower(), pattern.lower()) for pattern in listed(patterns))


def applies(statement, action, resource, context):
    named = matches(statement["Action"], action) if "Action" in statement else not matches(statement["NotAction"], action)
    conditions = statement.get("Condition", {})
    assert conditions.keys() <= {"StringEquals", "StringLike"}, conditions
    met = all(context.get(key) in listed(value) for key, value in conditions.get("StringEquals", {}).items())
    like = conditions.get("StringLike", {}).items()
    met = met and all(key in context and matches(value, context[key]) for key, value in like)
    return named and matches(statement["Resource"], resource) and met


def allows(policy, action, resource="*", context=None):
    """Returns whether a policy allows an action, as IAM evaluates it: a denial wins."""
    effects = {one["Effect"] for one in policy["Statement"] if applies(one, action, resource, context or {})}
    return effects == {"Allow"}


def policy(environment="dev"):
    return github(environment)["Boundary"]["Properties"]["PolicyDocument"]


def bound(arn):
    return {"iam:PermissionsBoundary": arn}


def role(name):
    return f"arn:aws:iam::123456789012:role/{name}"


class Boundary(unittest.TestCase):
    def test_role_has_its_policy_as_its_boundary(self):
        for environment in ["dev", "prod"]:
            properties = github(environment)["Role"]["Properties"]
            self.assertEqual(properties["ManagedPolicyArns"], ["<Boundary>"])
            self.assertEqual(properties["PermissionsBoundary"], "<Boundary>")
            (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
            subject = trust["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
            self.assertEqual(subject, f"repo:example/movies:environment:{environment}")

    def test_roles_change_only_with_the_boundary(self):
        for action in BOUND:
            made = role("movie-theater-dev-Login-1")
            self.assertTrue(allows(policy(), f"iam:{action}", made, bound(BOUNDARY)), action)
            for context in [{}, bound(OTHER), bound(f"{BOUNDARY}x")]:
                self.assertFalse(allows(policy(), f"iam:{action}", made, context), action)
            for name in ["movie-theater-prod-Login-1", "movie-theater-github-dev-Role-1", "admin"]:
                self.assertFalse(allows(policy(), f"iam:{action}", role(name), bound(BOUNDARY)), action)

    def test_boundary_can_neither_be_taken_off_nor_changed(self):
        own = bound(BOUNDARY)
        self.assertFalse(allows(policy(), "iam:DeleteRolePermissionsBoundary", role("movie-theater-dev-Login-1"), own))
        for action in ["CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion", "DeletePolicy", "TagPolicy"]:
            self.assertFalse(allows(policy(), f"iam:{action}", BOUNDARY, own), action)
        self.assertTrue(allows(policy(), "iam:GetPolicy", BOUNDARY))

    def test_no_other_way_leads_past_the_boundary(self):
        for action in ["CreateUser", "CreateAccessKey", "PutUserPolicy", "AttachUserPolicy", "AddUserToGroup", "CreatePolicy"]:
            self.assertFalse(allows(policy(), f"iam:{action}"), action)
        for action in ["sts:AssumeRole", "organizations:LeaveOrganization", "account:CloseAccount"]:
            self.assertFalse(allows(policy(), action), action)
        self.assertFalse(allows(policy(), "iam:PassRole", role("admin")))
        self.assertFalse(allows(policy(), "iam:UpdateAssumeRolePolicy", role("admin")))

    def test_neither_environment_reaches_the_other(self):
        for own, other in [("dev", "prod"), ("prod", "dev")]:
            for action, arn in [
                ("lambda:UpdateFunctionCode", "arn:aws:lambda:eu-central-1:123456789012:function:movie-theater-{}-Login-1"),
                ("cloudformation:UpdateStack", "arn:aws:cloudformation:eu-central-1:123456789012:stack/movie-theater-{}/1"),
                ("s3:PutObject", "arn:aws:s3:::aws-sam-cli-managed-default-1/movie-theater-{}/1"),
                ("iam:DeleteRole", role("movie-theater-{}-Login-1")),
                ("iam:PassRole", role("movie-theater-{}-Login-1")),
            ]:
                self.assertTrue(allows(policy(own), action, arn.format(own)), arn)
                self.assertFalse(allows(policy(own), action, arn.format(other)), arn)
            secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Jwt-1"
            for tag in [own, other]:
                allowed = allows(policy(own), "secretsmanager:GetSecretValue", secret, {"aws:ResourceTag/environment": tag})
                self.assertEqual(allowed, tag == own)
            # RDS tags the secret of the owner with the instance, whose name begins with the nested stack's.
            secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1"
            for name in [own, other]:
                instance = f"arn:aws:rds:eu-central-1:123456789012:db:movie-theater-{name}-database-1-instance-1"
                context = {"aws:ResourceTag/aws:rds:primaryDBInstanceArn": instance}
                self.assertEqual(allows(policy(own), "secretsmanager:GetSecretValue", secret, context), name == own)
            for stack in ["movie-theater-github-dev", "movie-theater-github-prod"]:
                arn = f"arn:aws:cloudformation:eu-central-1:123456789012:stack/{stack}/1"
                self.assertFalse(allows(policy(own), "cloudformation:UpdateStack", arn))

    def test_policy_is_short_enough(self):
        for environment in ["dev", "prod"]:
            self.assertLessEqual(len(re.sub(r"\s", "", json.dumps(policy(environment)))), 6144)


class Roles(unittest.TestCase):
    """The roles that a deployment creates."""

    def test_each_function_has_a_role(self):
        resources = resolved(**EVERYTHING).resources.values()
        functions = sum(resource["Type"] == "AWS::Lambda::Function" for resource in resources)
        self.assertEqual(len(self.roles()), functions + len(["DeploymentRole", "Proxy", "Backup", "Logs"]))

    def roles(self, **given):
        resources = resolved(**EVERYTHING, **given).resources.items()
        return {id: resource["Properties"] for id, resource in resources if resource["Type"] == "AWS::IAM::Role"}

    def test_every_role_has_the_boundary_or_none_has(self):
        given, without = self.roles(PermissionsBoundaryArn=BOUNDARY), self.roles()
        self.assertEqual({properties.get("PermissionsBoundary") for properties in given.values()}, {BOUNDARY})
        self.assertFalse([id for id, properties in without.items() if "PermissionsBoundary" in properties])
        for id, properties in without.items():
            self.assertNotIn("RoleName", properties, f"{id}: the name must begin with the stack's")

    def test_codedeploy_works_with_the_role_of_the_template(self):
        resources = resolved(PermissionsBoundaryArn=BOUNDARY).resources
        group = resources["LoginDeploymentGroup"]["Properties"]
        self.assertEqual(group["ServiceRoleArn"], "<DeploymentRole.Arn>")
        self.assertNotIn("CodeDeployServiceRole", resources)

    def test_boundary_allows_what_the_roles_are_for(self):
        managed = json.loads(aws_managed_policies_data)
        boundary = policy()
        for id, properties in self.roles(PermissionsBoundaryArn=BOUNDARY).items():
            names = [arn.rpartition("/")[2] for arn in properties.get("ManagedPolicyArns", [])]
            documents = [managed[name]["Document"] for name in names]
            documents += [own["PolicyDocument"] for own in properties.get("Policies", [])]
            self.assertTrue(documents, id)
            for statement in (statement for document in documents for statement in listed(document["Statement"])):
                # AWS's policy for backups may pass a role to a malware scan, which infra/backup.yaml does not use.
                actions = set(listed(statement["Action"])) - ({"iam:PassRole"} if id == "Backup/Role" else set())
                for action in actions:
                    self.assertTrue(allows(boundary, action, "arn:aws:any:::thing"), f"{id}: {action}")


if __name__ == "__main__":
    unittest.main()
