"""What `make preflight` asks for. Each check takes the account, the parameters and the stack as it is (None: none
yet), and gives findings; it fails with `Refused` where the account does not let it ask."""

from typing import NamedTuple

# Lambda keeps these for the functions that reserve nothing.
UNRESERVED = 100
# The functions that ReservedConcurrency is for; a test holds the number to the template.
RESERVING_FUNCTIONS = 15
# Where CloudFront reads its certificates.
CLOUDFRONT = "us-east-1"


class Refused(Exception):
    """AWS answered with an error."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Finding(NamedTuple):
    """One line: `ok`, `note` or `BAD`, what was found, and the command that mends it."""

    level: str
    text: str
    mend: str = ""


def ok(text):
    return Finding("ok", text)


def note(text, mend=""):
    return Finding("note", text, mend)


def bad(text, mend):
    return Finding("BAD", text, mend)


def the_account(account, values, stack):
    number = account.ask("sts", "get_caller_identity")["Account"]
    yield ok(f"account {number}, region {account.region}")


def the_stack(account, values, stack):
    """CloudFormation takes no deployment of a stack that failed in one of these ways."""
    status = stack["Status"] if stack else ""
    name = stack["Name"] if stack else ""
    if status == "UPDATE_ROLLBACK_FAILED":
        mend = f"aws cloudformation continue-update-rollback --stack-name {name}"
        yield bad(f"the stack {name} is in the middle of a roll-back", mend)
    elif status in ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"]:
        mend = f"docs/runbook/deployment.md, then aws cloudformation delete-stack --stack-name {name}"
        yield bad(f"the stack {name} was never complete ({status})", mend)
    elif status.endswith("_IN_PROGRESS"):
        mend = f"aws cloudformation wait stack-update-complete --stack-name {name}"
        yield bad(f"the stack {name} is being changed ({status})", mend)
    else:
        yield ok(f"the stack can be deployed ({status or 'there is none yet'})")


def the_log_role(account, values, stack):
    """The role of the account with which API Gateway writes logs; without it the API's stage fails, which comes last."""
    exists = bool(account.ask("apigateway", "get_account").get("cloudwatchRoleArn"))
    if values["ApiLogRole"] == "existing" and not exists:
        yield bad("API Gateway has no role for its logs", 'set ApiLogRole = "create" in samconfig.toml')
    else:
        yield ok("API Gateway has a role for its logs" + ("" if exists else ", which the stack makes"))


def the_sender(account, values, stack):
    if values["MailUrl"] != "ses:":
        yield ok("mail leaves by SMTP; SES is not asked")
        return
    address = values["MailFrom"]
    identities = {name: _identity(account, name) for name in [address, address.partition("@")[2]]}
    if any(identities.values()):
        yield ok(f"SES may send from {address}")
    elif all(verified is None for verified in identities.values()):
        yield bad(f"SES does not know {address}", f"aws sesv2 create-email-identity --email-identity {address}")
    else:
        name = next(name for name, verified in identities.items() if verified is False)
        mend = f"open the link that AWS mailed, or make the records of aws sesv2 get-email-identity --email-identity {name}"
        yield bad(f"SES waits for the verification of {name}", mend)
    state = account.ask("sesv2", "get_account")
    if not state.get("SendingEnabled"):
        yield bad("SES sends no mail for this account", "aws sesv2 put-account-sending-attributes --sending-enabled")
    if not state.get("ProductionAccessEnabled"):
        mend = "aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL"
        mend += f" --website-url {values['PublicUrl']}"
        yield note("SES is in its sandbox, and mails verified addresses alone", mend)


def _identity(account, name):
    """Whether the identity is verified; None where SES does not know it."""
    try:
        return account.ask("sesv2", "get_email_identity", EmailIdentity=name).get("VerifiedForSendingStatus", False)
    except Refused as refused:
        if refused.code == "NotFoundException":
            return None
        raise


def the_concurrency(account, values, stack):
    limits = account.ask("lambda", "get_account_settings")["AccountLimit"]
    limit, free = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    held = int((stack["Parameters"].get("ReservedConcurrency") if stack else "") or 0) * RESERVING_FUNCTIONS
    each = int(values["ReservedConcurrency"] or 0)
    most = max(0, (free + held - UNRESERVED) // RESERVING_FUNCTIONS)
    quota = "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384"
    if each > most:
        lower = f'set ReservedConcurrency = "{most}"' if most else "leave ReservedConcurrency out"
        wanted = UNRESERVED + each * RESERVING_FUNCTIONS + limit - free - held
        text = f"{each} × {RESERVING_FUNCTIONS} functions is more than this account can reserve"
        yield bad(text, f"{lower}, or {quota} --desired-value {max(wanted, 1000)}")
    elif limit < UNRESERVED:
        text = f"Lambda runs {limit} functions at once for this account, all together"
        yield note(text, f"{quota} --desired-value 1000")
    else:
        yield ok(f"Lambda runs {limit} functions at once")


def the_database(account, values, stack):
    if values["PostgresHost"]:
        yield ok(f"the database is {values['PostgresHost']}; RDS is not asked")
        return
    wanted, kind = values["PostgresVersion"], values["DatabaseInstanceClass"]
    found = account.ask("rds", "describe_db_engine_versions", Engine="postgres", EngineVersion=wanted)
    versions = [version["EngineVersion"] for version in found["DBEngineVersions"]]
    if not versions:
        mend = "aws rds describe-db-engine-versions --engine postgres --query 'DBEngineVersions[].EngineVersion'"
        yield bad(f"{account.region} does not offer PostgreSQL {wanted}", f"set PostgresVersion to one of {mend}")
        return
    version = max(versions, key=lambda version: [int(part) for part in version.split(".")])
    asked = {"Engine": "postgres", "EngineVersion": version, "DBInstanceClass": kind, "Vpc": True}
    options = account.ask("rds", "describe_orderable_db_instance_options", **asked)["OrderableDBInstanceOptions"]
    options = [option for option in options if option.get("StorageType") == "gp3"]
    mend = f"aws rds describe-orderable-db-instance-options --engine postgres --engine-version {version}"
    mend = f"set DatabaseInstanceClass to one of {mend} --query 'OrderableDBInstanceOptions[].DBInstanceClass'"
    zones = {zone["Name"] for option in options for zone in option.get("AvailabilityZones", [])}
    if not options:
        yield bad(f"{account.region} does not offer {kind} with PostgreSQL {version} on gp3", mend)
    elif values["DatabaseMultiAz"] == "true" and (
        len(zones) < 2 or not any(option.get("MultiAZCapable") for option in options)
    ):
        yield bad(f"{account.region} does not offer {kind} with PostgreSQL {version} in two zones", mend)
    else:
        yield ok(f"RDS offers PostgreSQL {version} on {kind}")
    if values["DatabaseSnapshot"]:
        yield _snapshot(account, values)


def _snapshot(account, values):
    name = values["DatabaseSnapshot"]
    try:
        asked = account.ask("rds", "describe_db_snapshots", DBSnapshotIdentifier=name)
    except Refused as refused:
        if refused.code != "DBSnapshotNotFound":
            raise
        return bad(f"there is no snapshot {name}", "aws rds describe-db-snapshots")
    snapshot = asked["DBSnapshots"][0]
    if snapshot["AllocatedStorage"] > int(values["DatabaseStorage"]):
        size = snapshot["AllocatedStorage"]
        return bad(f"the snapshot {name} has {size} GB", f'set DatabaseStorage = "{size}" in samconfig.toml')
    return ok(f"there is the snapshot {name}")


def the_endpoints(account, values, stack):
    if values["VpcId"] or values["Egress"] != "endpoints":
        return
    names = ["secretsmanager", "lambda"] + ["email-smtp"] * (values["SesSmtpEndpoint"] == "true")
    # The network takes the first two (`Fn::GetAZs`).
    found = account.ask("ec2", "describe_availability_zones", Filters=[{"Name": "state", "Values": ["available"]}])
    zones = {zone["ZoneName"] for zone in found["AvailabilityZones"][:2]}
    for name in names:
        full = f"com.amazonaws.{account.region}.{name}"
        try:
            details = account.ask("ec2", "describe_vpc_endpoint_services", ServiceNames=[full])["ServiceDetails"]
        except Refused as refused:
            if refused.code != "InvalidServiceName":
                raise
            details = []
        missing = zones - {zone for one in details for zone in one["AvailabilityZones"]}
        if missing:
            yield bad(f"there is no endpoint {full} in {', '.join(sorted(missing))}", 'set Egress = "nat" in samconfig.toml')
        else:
            yield ok(f"there is an endpoint {full}")


def the_certificate(account, values, stack):
    domain, arn = values["DomainName"], values["CertificateArn"]
    if not domain:
        return
    region = CLOUDFRONT if values.get("Cdn") == "true" else account.region
    if f":acm:{region}:" not in arn:
        mend = f"aws acm request-certificate --region {region} --domain-name {domain} --validation-method DNS"
        yield bad(f"the certificate of {domain} must be in {region}", mend)
        return
    found = account.ask("acm", "describe_certificate", region=region, CertificateArn=arn)["Certificate"]
    names = {found.get("DomainName"), *found.get("SubjectAlternativeNames", [])}
    if domain not in names and f"*.{domain.partition('.')[2]}" not in names:
        mend = f"aws acm request-certificate --region {region} --domain-name {domain} --validation-method DNS"
        yield bad(f"the certificate is not for {domain}", mend)
    elif found["Status"] != "ISSUED":
        mend = f"make the records of aws acm describe-certificate --region {region} --certificate-arn {arn}"
        yield bad(f"the certificate of {domain} is not issued ({found['Status']})", mend)
    else:
        yield ok(f"the certificate of {domain} is issued")


ALL = [
    the_account,
    the_stack,
    the_log_role,
    the_sender,
    the_concurrency,
    the_database,
    the_endpoints,
    the_certificate,
]
