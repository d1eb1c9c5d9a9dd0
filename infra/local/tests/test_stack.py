"""Tests what the stack creates in each way to deploy it, and that its functions reach their database and secrets."""

import unittest
from unittest import mock

from resolved import PSEUDO, resolved
from test_switches import DOMAIN

BOUNDARY = "arn:aws:iam::123456789012:policy/movie-theater-github-prod"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"
OWN_DOMAIN = {"DomainName": "api.example.com", "CertificateArn": DOMAIN["CertificateArn"]}
CLOUDFRONT = {"DomainName": "api.example.com", "CdnCertificateArn": DOMAIN["CdnCertificateArn"]}


class Stack(unittest.TestCase):
    def create(self, host, **given):
        """The stack with these parameters, whose functions must reach the host of its database."""
        stack = resolved(**given)
        self.assertEqual(stack.refusals(), [])
        self.assertEqual(stack.dangling(), set())
        for name, function in stack.functions().items():
            variables = function["Environment"]["Variables"]
            inside = bool(function.get("VpcConfig", {}).get("SubnetIds"))
            self.assertEqual(inside, "DATABASE_SECRET_ARN" in variables, f"{name}: in the network, or without a login")
            if inside and name != "Manage":
                self.assertIn(host, variables["POSTGRES_HOST"], name)
        return stack

    def boundaries(self, stack):
        roles = [resource for resource in stack.resources.values() if resource["Type"] == "AWS::IAM::Role"]
        return {role["Properties"].get("PermissionsBoundary") for role in roles}

    def test_defaults_create_everything_new(self):
        stack = self.create("<Database/Instance")
        self.assertEqual(stack.kinds("Network").count("AWS::EC2::NatGateway"), 1)
        self.assertEqual(stack.kinds("Network").count("AWS::EC2::VPCEndpoint"), 1, "that of S3")
        self.assertEqual(stack.kinds("Database")[-1], "AWS::RDS::DBInstance")
        self.assertEqual(stack.kinds("Monitoring").count("AWS::CloudWatch::Alarm"), 14)
        self.assertEqual(stack.kinds("Dashboard"), ["AWS::CloudWatch::Dashboard"])
        self.assertEqual(len(stack.kinds("Secrets")), 9, "two keys for tokens and seven logins")
        self.assertEqual(stack.kinds("Edge"), [], "neither domain nor firewall")
        for name in ["Proxy", "Backup", "Costs", "Origin"]:
            self.assertIsNone(stack.kinds(name), name)
        self.assertEqual(stack.variables("Pages")["ORIGIN_SECRETS"], "")
        self.assertEqual(stack.variables("Manage")["DATABASE_ROLE_PREFIX"], "movies", "the name of the stack")
        self.assertEqual(self.boundaries(stack), {None})

    def test_options_create_all_that_can_be_added(self):
        given = {"Egress": "nat-per-zone", "DatabaseProxy": "true", "DatabaseRolePrefix": "cinema", "FirewallLimit": "300"}
        given |= {"CorsOrigin": "https://movies.example.com", "HostedZoneId": "Z1", "ImportBucket": "catalogues"}
        given |= {"LoginDeployment": "Gradual", "ApiLogRole": "create", "AlarmEmail": "ann@example.com", "MonthlyBudget": "200"}
        given |= {"BackupCopyVaultArn": "arn:aws:backup:eu-west-1:123456789012:backup-vault:movies"}
        stack = self.create("<Proxy/ProxyServer", **OWN_DOMAIN, **given, PermissionsBoundaryArn=BOUNDARY)
        self.assertEqual(stack.kinds("Network").count("AWS::EC2::NatGateway"), 2)
        self.assertIn("AWS::RDS::DBProxyTargetGroup", stack.kinds("Proxy"))
        edge = {"AWS::ApiGateway::BasePathMapping", "AWS::Route53::RecordSetGroup", "AWS::WAFv2::WebACLAssociation"}
        self.assertLessEqual(edge, set(stack.kinds("Edge")))
        self.assertIn("AWS::ApiGateway::Account", stack.kinds("Logs"))
        self.assertIn("AWS::SNS::Subscription", stack.kinds("Monitoring"))
        backup = {f"AWS::Backup::Backup{part}" for part in ["Vault", "Plan", "Selection"]} | {"AWS::Events::Rule"}
        self.assertLessEqual(backup, set(stack.kinds("Backup")))
        self.assertEqual(stack.kinds("Costs"), ["AWS::Budgets::Budget"])
        manage = stack.variables("Manage")
        self.assertEqual(manage["PASSWORD_ROTATION"], "in-place")
        self.assertEqual(manage["DATABASE_ROLE_PREFIX"], "cinema")
        self.assertEqual(manage["IMPORT_BUCKET"], "catalogues")
        self.assertIn("<Database/Instance", manage["POSTGRES_HOST"], "past the proxy")
        self.assertEqual(self.boundaries(stack), {BOUNDARY})

    def test_arriving_cloudfront_shares_the_domain(self):
        stack = self.create("<Database/Instance", **{**OWN_DOMAIN, **CLOUDFRONT}, Cdn="arriving")
        self.assertLessEqual({"AWS::CloudFront::Distribution", "AWS::ApiGateway::DomainName"}, set(stack.kinds("Edge")))
        self.assertEqual(len(stack.kinds("Origin")), 3)
        self.assertEqual(stack.variables("Login")["ORIGIN_SECRETS"], "")

    def test_cloudfront_that_is_on_has_domain_and_secrets(self):
        given = {"HostedZoneId": "Z1", "FirewallLimit": "300", "FirewallManagedRules": "block", "OriginSecret": "green"}
        given |= {"Cdn": "on", "TrustedProxyHops": "1", "ReservedConcurrency": "40"}
        stack = self.create("<Database/Instance", **CLOUDFRONT, **given)
        edge = {"AWS::CloudFront::Distribution", "AWS::Route53::RecordSetGroup", "AWS::WAFv2::LoggingConfiguration"}
        self.assertLessEqual(edge, set(stack.kinds("Edge")))
        self.assertNotIn("AWS::ApiGateway::DomainName", stack.kinds("Edge"))
        self.assertEqual(len(stack.kinds("Origin")), 3)
        for name in ["Login", "ListMovies", "Pages", "Docs", "NotFound"]:
            reference = "{{resolve:secretsmanager:<Origin/Accepted>:SecretString:green}}"
            self.assertEqual(stack.variables(name)["ORIGIN_SECRETS"], reference, name)
        self.assertEqual(str(stack.variables("Login")["TRUSTED_PROXY_HOPS"]), "1")

    def test_interface_endpoints_replace_nat(self):
        smtp = {"MailUrl": "smtp://email-smtp.eu-central-1.amazonaws.com?tls=required", "SesSmtpEndpoint": "true"}
        stack = self.create("<Database/Instance", Egress="endpoints", SmtpSecretArn=f"{SECRET}smtp", **smtp)
        self.assertEqual(stack.variables("SendMail")["SMTP_SECRET_ARN"], f"{SECRET}smtp")
        self.assertFalse({"AWS::EC2::NatGateway", "AWS::EC2::InternetGateway"} & set(stack.kinds("Network")))
        self.assertEqual(stack.kinds("Network").count("AWS::EC2::VPCEndpoint"), 4, "S3, secrets, Lambda and mail")

    def test_interface_endpoints_serve_a_proxy(self):
        smtp = {"MailUrl": "smtps://mail.example.com", "SmtpPort": "465"}
        stack = self.create("<Proxy/ProxyServer", Egress="endpoints", DatabaseProxy="true", **smtp)
        self.assertIn("AWS::RDS::DBProxy", stack.kinds("Proxy"))
        self.assertEqual(stack.kinds("Network").count("AWS::EC2::VPCEndpoint"), 3, "S3, secrets and Lambda")

    def test_existing_network_and_database_are_used(self):
        given = {"VpcId": "vpc-1", "SubnetIds": "subnet-1,subnet-2", "PostgresHost": "db.example.com", "PostgresPort": "6432"}
        given |= {f"{name}SecretArn": SECRET + name for name in ["Database", "JwtAccess", "JwtRefresh"]}
        stack = self.create("db.example.com", **given)
        self.assertEqual(stack.kinds("Network"), ["AWS::EC2::SecurityGroup"])
        self.assertEqual(stack.kinds("Database"), [])
        self.assertEqual(stack.kinds("Monitoring").count("AWS::CloudWatch::Alarm"), 11, "none of a database")
        self.assertEqual(len(stack.kinds("Secrets")), 7, "the logins of the roles alone")
        login = stack.variables("Login")
        self.assertEqual(login["JWT_ACCESS_SECRET_ARN"], f"{SECRET}JwtAccess")
        self.assertEqual(login["JWT_REFRESH_SECRET_ARN"], f"{SECRET}JwtRefresh")
        self.assertEqual(str(login["POSTGRES_DB_PORT"]), "6432")
        self.assertEqual(stack.functions()["Login"]["VpcConfig"]["SubnetIds"], ["subnet-1", "subnet-2"])
        self.assertEqual(stack.variables("Manage")["DATABASE_SECRET_ARN"], f"{SECRET}Database")

    def test_two_stacks_share_a_server_and_no_role(self):
        server = {"PostgresHost": "db.example.com", "DatabaseSecretArn": f"{SECRET}owner"}
        environments = []
        for name, own in [("movies", {}), ("cinema", {"DatabaseRolePrefix": "second", "PostgresDatabase": "cinema"})]:
            with mock.patch.dict(PSEUDO, {"AWS::StackName": name}):
                stack = self.create("db.example.com", **server, **own)
            environments.append(stack.variables("Manage"))
            self.assertGreaterEqual(len(stack.kinds("Secrets")), 5, f"{name} makes the logins of its own roles")
            for variable, value in environments[-1].items():
                if variable == "DATABASE_SECRET_ARN":
                    self.assertEqual(value, f"{SECRET}owner")
                elif variable == "ADOPT_SECRET_ARN":
                    self.assertEqual(value, "")
                elif variable.endswith("_SECRET_ARN"):
                    self.assertRegex(value, "^<Secrets/", f"{name} makes its own secret")
        self.assertEqual([one["DATABASE_ROLE_PREFIX"] for one in environments], ["movies", "second"])
        self.assertEqual([one["POSTGRES_DB"] for one in environments], ["movies_db", "cinema"])


if __name__ == "__main__":
    unittest.main()
