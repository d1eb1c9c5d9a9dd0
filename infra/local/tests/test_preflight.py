"""Tests `make preflight` against a new account, one that is ready, and accounts with errors."""

import contextlib
import functools
import io
import os
import subprocess
import sys
import unittest
from unittest import mock

import parameters
import preflight
import preflight_checks as checks
import tools
from recorded import account, stack

LIMITS = "GET /2016-08-19/account-settings"


@functools.cache
def template():
    return parameters.template(tools.ROOT / "template.yaml")


def count():
    return checks.reserving_functions(template())


def values(**given):
    required = {"MailFrom": "no-reply@example.com", "PublicUrl": "https://movies.example.com"}
    return parameters.complete({**required, **given}, template()["Parameters"])


def findings(name, given=None, answers=None):
    """Returns the lines that preflight prints, and whether it passes."""
    with account(name, **(answers or {})) as (environment, _), mock.patch.dict(os.environ, environment):
        output, passes = io.StringIO(), True
        with contextlib.redirect_stdout(output):
            asked = preflight.Account()
            try:
                preflight.require(asked, values(**(given or {})), asked.stack("movie-theater-dev"), template())
            except tools.Problem:
                passes = False
    return output.getvalue().splitlines(), passes


class Preflight(unittest.TestCase):
    def assert_line(self, lines, *parts):
        self.assertTrue(any(all(part in line for part in parts) for line in lines), f"{parts} in {lines}")

    def test_fresh_account_is_refused_with_fixes(self):
        lines, passes = findings("fresh", {"ReservedConcurrency": "25", "Egress": "endpoints", "MailUrl": "ses:"})
        self.assertFalse(passes)
        self.assert_line(lines, "BAD", "no role for its logs", 'ApiLogRole = "create"')
        self.assert_line(lines, "BAD", "no-reply@example.com", "aws sesv2 create-email-identity")
        self.assert_line(lines, "note", "sandbox", "aws sesv2 put-account-details")
        self.assert_line(lines, "BAD", f"25 × {count()}", "aws service-quotas request-service-quota-increase", "leave Reserved")
        self.assert_line(lines, "BAD", "db.t4g.micro", "aws rds describe-orderable-db-instance-options")
        self.assert_line(lines, "BAD", "secretsmanager in eu-central-1b", 'Egress = "nat"')

    def test_ready_account_passes(self):
        lines, passes = findings("ready", {"ReservedConcurrency": "20", "DatabaseMultiAz": "true", "Egress": "endpoints"})
        self.assertTrue(passes, lines)
        self.assertEqual({line.split()[0] for line in lines}, {"ok"}, lines)

    def test_smtp_port_must_be_the_one_of_the_url(self):
        for url, port in [("smtps://mail.example.com", 465), ("smtp://mail.example.com:2525?tls=required", 2525)]:
            lines, passes = findings("ready", {"MailUrl": url})
            self.assertFalse(passes)
            self.assert_line(lines, "BAD", "SmtpPort is 587", f'SmtpPort = "{port}"')
            self.assertTrue(findings("ready", {"MailUrl": url, "SmtpPort": str(port)})[1])
        self.assertTrue(findings("ready", {"MailUrl": "smtp://mail.example.com?tls=required"})[1])
        for url in ["smtps://ann:secret@example.com:99999", "smtps://[::1", "smtps://mail.example.com?tls=optional"]:
            lines, _ = findings("ready", {"MailUrl": url})
            self.assert_line(lines, "BAD", "MailUrl cannot be read", "smtps://mail.example.com")
            self.assertNotIn("secret", "".join(lines).replace("secretsmanager", ""))

    def test_unknown_profile_is_named(self):
        with mock.patch.dict(os.environ, {"AWS_PROFILE": "missing"}), self.assertRaisesRegex(tools.Problem, "missing"):
            preflight.Account()

    def test_executable_prints_the_same(self):
        command = [sys.executable, tools.ROOT / "infra" / "local" / "preflight.py"]
        for name, code in [("fresh", 1), ("ready", 0)]:
            with account(name) as (environment, _):
                ran = subprocess.run(command, env={**os.environ, **environment, "ENV": "dev"}, capture_output=True, text=True)
            self.assertEqual(ran.returncode, code, ran.stdout + ran.stderr)
            self.assertIn("account 123456789012, region eu-central-1", ran.stdout)
            self.assertEqual("BAD" in ran.stdout, code == 1, ran.stdout)

    def test_reserved_concurrency_leaves_100_unreserved(self):
        def limits(limit, free):
            return {LIMITS: [200, {"AccountLimit": {"ConcurrentExecutions": limit, "UnreservedConcurrentExecutions": free}}]}

        most = 900 // count()
        for each, passes in [(most, True), (most + 1, False)]:
            lines, passed = findings("ready", {"ReservedConcurrency": str(each)}, limits(1000, 1000))
            self.assertEqual(passed, passes, lines)
        wanted = max(1000, 100 + (most + 1) * count())
        self.assert_line(lines, "BAD", f'ReservedConcurrency = "{most}"', f"--desired-value {wanted}")
        # The stack can reuse its own reservations.
        held = {"DescribeStacks": stack("UPDATE_COMPLETE", ReservedConcurrency=str(most))}
        answers = {**limits(1000, 1000 - most * count()), **held}
        self.assertTrue(findings("ready", {"ReservedConcurrency": str(most)}, answers)[1])

    def test_reserving_functions_are_counted_in_the_template(self):
        def function(**properties):
            return {"Type": "AWS::Serverless::Function", "Properties": properties}

        reserved = {"ReservedConcurrentExecutions": {"Fn::If": ["Has", {"Ref": "ReservedConcurrency"}, {"Ref": "AWS::NoValue"}]}}
        none = {"ReservedConcurrentExecutions": {"Ref": "AWS::NoValue"}}
        for everywhere, resources, expected in [
            ({}, {"A": function(**reserved), "B": function(), "C": {"Type": "Custom::Migration"}}, 1),
            (reserved, {"A": function(), "B": function(**none), "C": function(MemorySize=128)}, 2),
        ]:
            found = checks.reserving_functions({"Globals": {"Function": everywhere}, "Resources": resources})
            self.assertEqual(found, expected)

    def test_unfinished_stack_is_refused_with_the_way_out(self):
        for status, way in [
            ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback"),
            ("ROLLBACK_COMPLETE", "aws cloudformation delete-stack"),
            ("ROLLBACK_FAILED", "aws cloudformation delete-stack"),
            ("UPDATE_IN_PROGRESS", "aws cloudformation wait stack-update-complete"),
            ("CREATE_IN_PROGRESS", "aws cloudformation wait stack-create-complete"),
            ("ROLLBACK_IN_PROGRESS", "aws cloudformation wait stack-rollback-complete"),
            ("UPDATE_ROLLBACK_IN_PROGRESS", "aws cloudformation wait stack-rollback-complete"),
        ]:
            lines, passes = findings("ready", None, {"DescribeStacks": stack(status)})
            self.assertFalse(passes)
            self.assert_line(lines, "BAD", status if "ROLLBACK_F" not in status else "stack", way)
        for status in ["UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"]:
            self.assertTrue(findings("ready", None, {"DescribeStacks": stack(status)})[1])

    def test_subdomain_of_a_verified_domain_may_send(self):
        self.assertTrue(findings("ready", {"MailFrom": "no-reply@mail.example.com"}, {
            f"GET /v2/email/identities/{name}": [404, {"__type": "NotFoundException", "message": "no"}]
            for name in ["no-reply%40mail.example.com", "mail.example.com"]
        })[1])

    def test_unverified_sender_differs_from_an_unknown_one(self):
        waiting = {"GET /v2/email/identities/example.com": [200, {"VerifiedForSendingStatus": False}]}
        lines, passes = findings("ready", None, waiting)
        self.assertFalse(passes)
        self.assert_line(lines, "BAD", "waits for the verification of example.com")

    def test_version_that_the_region_lacks_is_refused(self):
        none = "<R><DescribeDBEngineVersionsResult><DBEngineVersions/></DescribeDBEngineVersionsResult></R>"
        lines, passes = findings("ready", {"PostgresVersion": "19"}, {"DescribeDBEngineVersions": [200, none]})
        self.assertFalse(passes)
        self.assert_line(lines, "BAD", "PostgreSQL 19", "aws rds describe-db-engine-versions")

    def test_version_with_a_minor_number_must_be_offered(self):
        self.assertTrue(findings("ready", {"PostgresVersion": "18.1"})[1])
        lines, passes = findings("ready", {"PostgresVersion": "18.11"})
        self.assertFalse(passes)
        self.assert_line(lines, "BAD", "PostgreSQL 18.11")

    def test_snapshot_that_is_missing_is_refused_before_it_is_used(self):
        gone = {"DescribeDBSnapshots": [404, "<R><Error><Code>DBSnapshotNotFound</Code><Message>no</Message></Error></R>"]}
        lines, passes = findings("ready", {"DatabaseSnapshot": "movies-at"}, gone)
        self.assertFalse(passes)
        self.assert_line(lines, "BAD", "the snapshot movies-at is missing", "aws rds describe-db-snapshots")
        used = {**gone, "DescribeStacks": stack("UPDATE_COMPLETE", DatabaseSnapshot="movies-at")}
        self.assertTrue(findings("ready", {"DatabaseSnapshot": "movies-at"}, used)[1])

    def test_certificates_lie_where_they_are_used(self):
        here, there = (f"arn:aws:acm:{region}:1:certificate/1" for region in ["eu-central-1", "us-east-1"])
        domain = {"DomainName": "api.example.com"}
        for cdn, regional, cloudfront, missing in [
            ("off", here, "", None),
            ("off", there, "", "eu-central-1"),
            ("arriving", here, there, None),
            ("arriving", "", there, None),
            ("arriving", here, here, "us-east-1"),
            ("on", "", there, None),
            ("on", here, "", "us-east-1"),
            ("leaving", "", there, "eu-central-1"),
            ("leaving", here, there, None),
        ]:
            given = {**domain, "Cdn": cdn, "CertificateArn": regional, "CdnCertificateArn": cloudfront}
            lines, passes = findings("ready", given)
            self.assertEqual(passes, missing is None, lines)
            if missing:
                self.assert_line(lines, "BAD", f"must be in {missing}", f"aws acm request-certificate --region {missing}")

    def test_certificate_that_is_missing_is_refused(self):
        arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
        given = {"DomainName": "api.example.com", "CertificateArn": arn}
        for code in ["ResourceNotFoundException", "ValidationException"]:
            gone = {"CertificateManager.DescribeCertificate": [400, {"__type": code, "message": "no"}]}
            lines, passes = findings("ready", given, gone)
            self.assertFalse(passes)
            self.assert_line(lines, "BAD", f"the certificate {arn} does not exist", "aws acm request-certificate")

    def test_first_domain_of_a_stack_with_clients_is_noted(self):
        arn = "arn:aws:acm:{}:1:certificate/1".format
        given = {"DomainName": "api.example.com", "CertificateArn": arn("eu-central-1"), "CdnCertificateArn": arn("us-east-1")}
        for before, cdn, noted in [("", "off", True), ("", "arriving", False), ("api.example.com", "off", False)]:
            answers = {"DescribeStacks": stack("UPDATE_COMPLETE", DomainName=before)}
            lines, passes = findings("ready", {**given, "Cdn": cdn}, answers)
            self.assertTrue(passes, lines)
            self.assertEqual(any("get errors from now on" in line for line in lines), noted, lines)

    def test_records_that_exist_are_refused_unless_they_are_the_stack_s(self):
        given = {"DomainName": "api.example.com", "HostedZoneId": "Z1"}
        given["CertificateArn"] = "arn:aws:acm:eu-central-1:123456789012:certificate/1"

        def zone(name, *types):
            records = "".join(
                f"<ResourceRecordSet><Name>api.example.com.</Name><Type>{kind}</Type></ResourceRecordSet>" for kind in types
            )
            records += "<ResourceRecordSet><Name>www.example.com.</Name><Type>A</Type></ResourceRecordSet>"
            return {
                "GET /2013-04-01/hostedzone/Z1": [200, f"<R><HostedZone><Id>Z1</Id><Name>{name}</Name></HostedZone></R>"],
                "GET /2013-04-01/hostedzone/Z1/rrset": [200, f"<R><ResourceRecordSets>{records}</ResourceRecordSets></R>"],
            }

        own = {"DescribeStacks": stack("UPDATE_COMPLETE", DomainName="api.example.com", HostedZoneId="Z1")}
        gone = "<R><Error><Code>NoSuchHostedZone</Code><Message>no</Message></Error></R>"
        for answers, words in [
            (zone("example.com.", "TXT"), None),
            (zone("example.com.", "A", "AAAA"), "has a record already"),
            (zone("example.com.", "CNAME"), "has a record already"),
            ({**zone("example.com.", "A", "AAAA"), **own}, None),
            (zone("ample.com."), "is not in the zone ample.com."),
            ({"GET /2013-04-01/hostedzone/Z1": [404, gone]}, "the zone Z1 does not exist"),
        ]:
            lines, passes = findings("ready", given, answers)
            self.assertEqual(passes, words is None, lines)
            self.assert_line(lines, *(["BAD", words] if words else ["ok", "has room for the records"]))

    def test_cdn_that_skips_a_step_is_noted(self):
        arn = "arn:aws:acm:{}:1:certificate/1".format
        given = {"DomainName": "api.example.com", "CertificateArn": arn("eu-central-1"), "CdnCertificateArn": arn("us-east-1")}
        for before, after, first in [
            ("off", "on", "arriving"),
            ("leaving", "on", "arriving"),
            ("on", "off", "leaving"),
            ("arriving", "off", "leaving"),
            ("off", "arriving", None),
            ("arriving", "on", None),
            ("on", "leaving", None),
            ("leaving", "off", None),
            ("on", "on", None),
        ]:
            lines, _ = findings("ready", {**given, "Cdn": after}, {"DescribeStacks": stack("UPDATE_COMPLETE", Cdn=before)})
            noted = [line for line in lines if "clients get errors" in line]
            self.assertEqual(bool(noted), first is not None, lines)
            if first:
                self.assert_line(noted, "note", f"from {before} to {after}", f'Cdn = "{first}"')

    def test_boundary_must_exist(self):
        given = {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/movie-theater-github-dev"}
        there = "<R><GetPolicyResult><Policy><Arn>x</Arn></Policy></GetPolicyResult></R>"
        self.assertTrue(findings("ready", given, {"GetPolicy": [200, there]})[1])
        gone = "<R><Error><Code>NoSuchEntity</Code><Message>no</Message></Error></R>"
        lines, passes = findings("ready", given, {"GetPolicy": [404, gone]})
        self.assertFalse(passes)
        self.assert_line(lines, "BAD", "the policy arn:aws:iam::123456789012:policy/movie-theater-github-dev does not exist", "infra/github.yaml")

    def test_workflow_needs_the_boundary(self):
        role = "arn:aws:sts::123456789012:assumed-role/movie-theater-github-dev-Role-1A2B3C/GitHubActions"
        identity = f"<Arn>{role}</Arn><Account>123456789012</Account><UserId>AROA</UserId>"
        identity = f"<GetCallerIdentityResponse><GetCallerIdentityResult>{identity}</GetCallerIdentityResult></GetCallerIdentityResponse>"
        there = "<R><GetPolicyResult><Policy><Arn>x</Arn></Policy></GetPolicyResult></R>"
        answers = {"GetCallerIdentity": [200, identity], "GetPolicy": [200, there]}
        for name in ["", "movie-theater-github-prod", "movie-theater-github-d"]:
            arn = name and f"arn:aws:iam::123456789012:policy/{name}"
            lines, passes = findings("ready", {"PermissionsBoundaryArn": arn}, answers)
            self.assertFalse(passes)
            self.assert_line(lines, "BAD", "only with its own permissions boundary", "PermissionsBoundaryArn")
        arn = "arn:aws:iam::123456789012:policy/movie-theater-github-dev"
        self.assertTrue(findings("ready", {"PermissionsBoundaryArn": arn}, answers)[1])

    def test_refused_question_is_a_note(self):
        lines, passes = findings("ready", None, {"GET /account": [403, {"__type": "AccessDeniedException", "message": "no"}]})
        self.assertTrue(passes)
        self.assert_line(lines, "note", "the log role could not be checked")


if __name__ == "__main__":
    unittest.main()
