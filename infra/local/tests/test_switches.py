"""Tests changes of parameters of an existing stack: it keeps its data, and clients get responses meanwhile."""

import json
import re
import unittest
from unittest import mock

import resolved as templates
import tools
from resolved import Change, resolved

DOMAIN = {
    "DomainName": "api.example.com",
    "HostedZoneId": "Z1",
    "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
    "CdnCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
    "FirewallLimit": "300",
}
# The tests turn each on and off again.
SWITCHES = [
    {"DatabaseProxy": "true"},
    {"MailUrl": "smtps://mail.example.com", "SmtpPort": "465"},
    {"Egress": "nat-per-zone"},
    {"Egress": "endpoints", "MailUrl": "smtps://mail.example.com"},
    {"FirewallLimit": "300", "FirewallManagedRules": "block"},
    {"ApiLogRole": "create"},
    {"BackupCopyVaultArn": "arn:aws:backup:eu-west-1:123456789012:backup-vault:movies", "AlarmEmail": "ann@example.com"},
    {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/movie-theater-github-dev"},
    {"LoginDeployment": "Gradual", "ReservedConcurrency": "40", "CorsOrigin": "*", "MovieWrites": "open"},
    {"DatabaseInstanceClass": "db.m7g.large", "DatabaseMultiAz": "true", "DatabaseStorage": "100"},
]
# Resources whose address or id clients or operators keep, or which hold data.
LASTING = ["AWS::RDS::DBInstance", "AWS::SecretsManager::Secret", "AWS::ApiGateway::RestApi", "AWS::Logs::LogGroup"]


def cdn(step):
    return resolved(**DOMAIN, Cdn=step, TrustedProxyHops="1" if step == "on" else "0")


def leads_to(stack):
    """Returns the target of the DNS record."""
    (name,) = {record["AliasTarget"]["DNSName"] for record in stack.resources["Edge/Records"]["Properties"]["RecordSets"]}
    return name.strip("<").partition(".")[0]


def accepted(stack, variable):
    """Returns the secrets that a function with this value of ORIGIN_SECRETS accepts: CloudFormation reads them from a key
    of the third secret."""
    key = re.fullmatch("{{resolve:secretsmanager:<Origin/Accepted>:SecretString:(blue|green)}}", variable)[1]
    return json.loads(stack.resources["Origin/Accepted"]["Properties"]["SecretString"])[key].split(",")


def answers(functions, api, edge, entrance):
    """Returns whether a request at this entrance gets a response, with functions, API and edge of these stacks."""
    secrets = {
        function["Properties"]["Environment"]["Variables"]["ORIGIN_SECRETS"]
        for function in functions.resources.values()
        if function["Type"] == "AWS::Lambda::Function"
    } - {""}
    if entrance not in edge.resources:
        return False
    if entrance == "Edge/Domain":
        return not secrets
    (origin,) = edge.resources[entrance]["Properties"]["DistributionConfig"]["Origins"]
    (sent,) = (header["HeaderValue"] for header in origin["OriginCustomHeaders"])
    # SAM writes the property DisableExecuteApiEndpoint into the body.
    (server,) = api.resources["Api"]["Properties"]["Body"]["servers"]
    is_closed = server["x-amazon-apigateway-endpoint-configuration"]["disableExecuteApiEndpoint"]
    return not is_closed and all(sent in accepted(functions, variable) for variable in secrets)


def interruptions(before, after):
    """Returns the phases of a deployment in which clients get no response. Clients cache the old DNS record, so its
    target must still respond at the end."""
    phases = {
        "functions": (after, before, before),
        "API": (after, after, before),
        "edge": (after, after, after),
    }
    entrances = {name: {leads_to(before)} | ({leads_to(after)} if name == "edge" else set()) for name in phases}
    return [
        (name, entrance) for name, state in phases.items() for entrance in entrances[name] if not answers(*state, entrance)
    ]


class Switches(unittest.TestCase):
    def test_cloudfront_comes_and_goes_without_interruption(self):
        steps = ["off", "arriving", "on", "leaving", "off"]
        for before, after in zip(steps, steps[1:]):
            self.assertEqual(interruptions(cdn(before), cdn(after)), [], f"{before} to {after}")
        # And back from each step.
        for before, after in [("on", "arriving"), ("arriving", "leaving"), ("leaving", "arriving")]:
            self.assertEqual(interruptions(cdn(before), cdn(after)), [], f"{before} to {after}")

    def test_cloudfront_in_one_step_interrupts(self):
        self.assertIn(("functions", "Edge/Domain"), interruptions(cdn("off"), cdn("on")))
        self.assertIn(("API", "Edge/Distribution"), interruptions(cdn("on"), cdn("off")))

    def test_edge_changes_after_functions_and_api(self):
        stack = cdn("on")
        asking = [
            id
            for id, function in stack.resources.items()
            if function["Type"] == "AWS::Lambda::Function" and function["Properties"]["Environment"]["Variables"]["ORIGIN_SECRETS"]
        ]
        self.assertEqual(set(asking), called())
        for id in asking:
            self.assertTrue(stack.waits("Edge", id), id)
        # The stage's own address opens and closes with a deployment of the stage.
        self.assertTrue(stack.waits("Edge", "ApiStage"))
        self.assertTrue(stack.waits("ApiStage", "Api"))
        self.assertTrue(stack.waits("Edge/Records", "Edge/Distribution"))
        # A domain of API Gateway that is not mapped yet responds with errors.
        for step in ["off", "leaving"]:
            self.assertTrue(cdn(step).waits("Edge/Records", "Edge/DomainMapping"), step)

    def test_only_closed_edge_asks_for_secret_and_trusts_addresses(self):
        for step in ["off", "arriving", "on", "leaving"]:
            login = cdn(step).resources["Login"]["Properties"]["Environment"]["Variables"]
            self.assertEqual(bool(login["ORIGIN_SECRETS"]), step == "on", step)
            self.assertEqual(str(login["TRUSTED_PROXY_HOPS"]), "1" if step == "on" else "0", step)

    def test_secret_is_accepted_before_it_is_sent(self):
        before, after = cdn("on"), resolved(**DOMAIN, Cdn="on", TrustedProxyHops="1", OriginSecret="green")
        self.assertEqual(interruptions(before, after), [])
        change = Change(before, after)
        self.assertFalse({"Origin/Blue", "Origin/Green"} & change.changed.keys(), "each keeps its value")
        # CloudFormation reads a reference again only where the text of a property changes.
        self.assertIn("SecretString", change.changed["Origin/Accepted"])
        for id in called():
            self.assertIn("Environment", change.changed[id], id)
            self.assertTrue(after.waits(id, "Origin/Accepted"), id)

    def test_no_switch_replaces_what_lasts(self):
        base, ways = resolved(), [(cdn("off"), cdn("arriving")), (cdn("on"), cdn("leaving"))]
        ways += [(base, resolved(**given)) for given in SWITCHES]
        for before, after in ways + [(after, before) for before, after in ways]:
            change = Change(before, after)
            kinds = {before.resources[id]["Type"] for id in (change.removed | change.replaced) if not id.startswith(("Origin/", "Edge/"))}
            self.assertFalse(kinds & set(LASTING), change.removed | change.replaced)
            self.assertEqual(change.replaced - {"Database/ParameterGroup"}, set())
            self.assertTrue(change.added or change.changed)

    def test_proxy_comes_before_the_functions_that_use_it(self):
        without, behind = resolved(), resolved(DatabaseProxy="true")
        for before, after, host in [(without, behind, "Proxy/ProxyServer"), (behind, without, "Database/Instance")]:
            change = Change(before, after)
            self.assertFalse({id for id in change.changed if id.startswith(("Database", "Secrets", "Network"))})
            for id in change.changed:
                resource = after.resources[id]
                if resource["Type"] == "AWS::Lambda::Function" and id not in ["Manage", "Pages", "Docs", "NotFound"]:
                    self.assertIn(host, resource["Properties"]["Environment"]["Variables"]["POSTGRES_HOST"])
                    self.assertTrue(after.waits(id, host), id)
        # The proxy uses the logins that the migration creates.
        self.assertTrue(behind.waits("Proxy", "Migration"))

    def test_mail_by_smtp_takes_what_is_of_ses_along(self):
        ses, smtp = resolved(), resolved(MailUrl="smtps://mail.example.com", SmtpPort="465")
        change = Change(ses, smtp)
        self.assertLessEqual({"MailEvents", "MailEventsDestination", "MailFeedback"}, change.removed)
        self.assertEqual(change.added, {"Network/FunctionMailEgress"})
        functions = {id for id in change.changed if smtp.resources[id]["Type"] == "AWS::Lambda::Function"}
        self.assertEqual(functions, {"SendMail"})
        self.assertEqual(smtp.resources["SendMail"]["Properties"]["Environment"]["Variables"]["SES_CONFIGURATION_SET"], "")
        self.assertEqual(Change(smtp, ses).added, change.removed)

    def test_names_are_short_enough_for_every_stack(self):
        with mock.patch.dict(templates.PSEUDO, {"AWS::StackName": "m" * 128}):
            stack = resolved(**DOMAIN, Cdn="on", TrustedProxyHops="1", DatabaseProxy="true", BackupCopyVaultArn="arn:x")
        guid = len("01234567-89ab-cdef-0123-456789abcdef") - len("guid")
        for id, path, most in [
            ("Edge/ClientAddress", ["Name"], 64),
            ("Edge/CataloguePolicy", ["CachePolicyConfig", "Name"], 128),
            ("Backup/Vault", ["BackupVaultName"], 50),
            ("Proxy/ProxyServer", ["DBProxyName"], 63),
            ("Edge/Firewall", ["VisibilityConfig", "MetricName"], 128),
        ]:
            value = stack.resources[id]["Properties"]
            for name in path:
                value = value[name]
            self.assertLessEqual(len(value) + (guid if "guid" in value else 0), most, f"{id}: {value}")


def called():
    """Returns the functions that clients call, through API Gateway."""
    resources = templates.template("template.yaml")["Resources"].items()
    events = {id: resource["Properties"].get("Events", {}).values() for id, resource in resources}
    return {id for id, own in events.items() if any(event["Type"] == "Api" for event in own)}


class Templates(unittest.TestCase):
    def test_dynamic_references_are_within_the_limit_of_a_template(self):
        nested = tools.ROOT.glob("infra/*.yaml")
        texts = {path.name: path.read_text() for path in nested}
        texts["template.yaml"] = str(templates.translated())
        counts = {name: text.count("{{resolve:") for name, text in texts.items()}
        # One for each function that clients call.
        self.assertEqual(counts["template.yaml"], len(called()))
        for name, count in counts.items():
            self.assertLessEqual(count, 60, name)

    def test_variables_of_a_function_are_within_the_limit_of_lambda(self):
        most = templates.template("template.yaml")["Parameters"]["DatabaseCa"]["MaxLength"]
        given = {"Cdn": "on", "TrustedProxyHops": "1", "DatabaseProxy": "true", "DatabaseCa": "c" * most}
        given |= {"ImportBucket": "b" * 63, "DatabaseRolePrefix": "p" * 47, "SmtpSecretArn": "a" * 120, "AdoptSecretArn": "a" * 120}
        for id, function in resolved(**DOMAIN, **given).resources.items():
            if function["Type"] == "AWS::Lambda::Function":
                variables = function["Properties"]["Environment"]["Variables"]
                # The two secrets of CloudFront have 129 characters, ids and ARNs have some hundred.
                values = [re.sub(r"{{[^}]+}}", "s" * 129, str(value)) for value in variables.values()]
                values = [re.sub(r"<[^>]+>", "a" * 120, value) for value in values]
                self.assertLessEqual(sum(map(len, [*variables, *values])), 4096, id)

    def test_every_behavior_says_which_client_asks(self):
        config = cdn("on").resources["Edge/Distribution"]["Properties"]["DistributionConfig"]
        behaviors = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
        self.assertGreater(len(behaviors), 1)
        for behavior in behaviors:
            self.assertEqual([one["FunctionARN"] for one in behavior["FunctionAssociations"]], ["<Edge/ClientAddress.FunctionARN>"])

    def test_rules_refuse_what_does_not_fit_together(self):
        for step in ["off", "arriving", "on", "leaving"]:
            self.assertEqual(cdn(step).refusals(), [])
        closed = {**DOMAIN, "Cdn": "on", "TrustedProxyHops": "1"}
        self.assertEqual(resolved(**{**closed, "CertificateArn": ""}).refusals(), [])
        for given, words in [
            ({**closed, "TrustedProxyHops": "0"}, "TrustedProxyHops is 1"),
            ({**closed, "Cdn": "arriving"}, "TrustedProxyHops needs Cdn on"),
            ({**closed, "Cdn": "leaving"}, "TrustedProxyHops needs Cdn on"),
            ({"TrustedProxyHops": "1"}, "TrustedProxyHops needs Cdn on"),
            ({**closed, "CdnCertificateArn": ""}, "Cdn needs CdnCertificateArn"),
            ({**closed, "DomainName": ""}, "Cdn needs DomainName"),
            ({**DOMAIN, "Cdn": "leaving", "CertificateArn": ""}, "DomainName needs CertificateArn"),
            ({**DOMAIN, "CertificateArn": ""}, "DomainName needs CertificateArn"),
            ({"MonthlyBudget": "5"}, "MonthlyBudget needs AlarmEmail"),
        ]:
            self.assertIn(words, " ".join(resolved(**given).refusals()), given)

    def test_values_that_aws_refuses_are_refused_at_once(self):
        parameters = templates.template("template.yaml")["Parameters"]
        for name, taken, refused in [
            ("FirewallLimit", ["0", "10", "300"], ["", "1", "9", "09", "-1"]),
            ("MonthlyBudget", ["", "1", "200"], ["0", "00", "1.5"]),
            ("ReservedConcurrency", ["", "1", "60"], ["0"]),
            ("DomainName", ["", "api.example.com"], ["https://api.example.com", "api.example.com/", "localhost"]),
            ("CdnCertificateArn", ["", DOMAIN["CdnCertificateArn"]], [DOMAIN["CertificateArn"]]),
            ("DatabaseRotation", ["rate(30 days)", "cron(0 3 1 * ? *)"], ["30 days"]),
            ("PermissionsBoundaryArn", ["", "arn:aws:iam::123456789012:policy/x"], ["x", "arn:aws:iam::123456789012:role/x"]),
        ]:
            for value in taken:
                self.assertRegex(value, f"^({parameters[name]['AllowedPattern']})$", name)
            for value in refused:
                self.assertNotRegex(value, f"^({parameters[name]['AllowedPattern']})$", name)
        for name in ["ThrottlingRate", "ThrottlingBurst", "LoginTimeDays", "ResetTokenMinutes", "AuditDays", "DatabaseConnectionsAlarm"]:
            self.assertEqual(parameters[name]["MinValue"], 1, name)


if __name__ == "__main__":
    unittest.main()
