"""The checks of `make preflight`, because CloudFormation finds these errors only after minutes or hours.

Each check takes the account, the parameters, the current stack and the template, and yields findings, each one line:
what was found, and a command that fixes it. It fails with `Refused` if the credentials do not permit it.
"""

import json
import urllib.parse

# Lambda keeps these for functions without a reservation.
UNRESERVED = 100


class Refused(Exception):
    """AWS responds with an error."""


def ok(text):
    return f"ok   {text}"


def note(text):
    return f"note {text}"


def bad(text, fix):
    return f"BAD  {text}: {fix}"


def the_account(account, values, stack, template):
    identity = account.ask("sts", "get_caller_identity")
    yield ok(f"account {identity['Account']}, region {account.region}")
    role, boundary = identity["Arn"].partition("assumed-role/")[2], values["PermissionsBoundaryArn"].rpartition("/")[2]
    # Both are named after the stack of infra/github.yaml, one for each environment.
    if role.startswith("movie-theater-github-") and not (boundary and role.startswith(f"{boundary}-")):
        fix = "set PermissionsBoundaryArn in samconfig.toml to the output BoundaryArn of infra/github.yaml"
        yield bad("the workflow's role may create roles only with its own permissions boundary", fix)


def the_stack(account, values, stack, template):
    """CloudFormation accepts no deployment of a stack that failed in one of these ways."""
    name, status = stack["Name"], stack["Status"]
    if status == "UPDATE_ROLLBACK_FAILED":
        fix = f"aws cloudformation continue-update-rollback --stack-name {name}"
        yield bad(f"the stack {name} is in the middle of a rollback", fix)
    elif status in ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"]:
        fix = f"docs/run/runbook/deployment.md, then aws cloudformation delete-stack --stack-name {name}"
        yield bad(f"the stack {name} was never complete ({status})", fix)
    elif status.endswith("_IN_PROGRESS"):
        # A rollback has another waiter than a deployment.
        event = "rollback" if "ROLLBACK" in status else status.partition("_")[0].lower()
        fix = f"aws cloudformation wait stack-{event}-complete --stack-name {name}"
        yield bad(f"the stack {name} is being changed ({status})", fix)
    else:
        yield ok(f"the stack can be deployed ({status or 'it does not exist yet'})")


def the_boundary(account, values, stack, template):
    arn = values["PermissionsBoundaryArn"]
    if arn and account.ask("iam", "get_policy", missing=["NoSuchEntity"], PolicyArn=arn):
        yield ok("the permissions boundary of the roles exists")
    elif arn:
        fix = "deploy infra/github.yaml (docs/run/pipeline.md), or leave PermissionsBoundaryArn out"
        yield bad(f"the policy {arn} does not exist", fix)


def the_log_role(account, values, stack, template):
    """API Gateway writes logs with a role of the account; without it the API's stage fails, which is created last."""
    exists = bool(account.ask("apigateway", "get_account").get("cloudwatchRoleArn"))
    if values["ApiLogRole"] == "existing" and not exists:
        yield bad("API Gateway has no role for its logs", 'set ApiLogRole = "create" in samconfig.toml')
    else:
        yield ok("API Gateway has a role for its logs" + ("" if exists else ", which the stack creates"))


def the_sender(account, values, stack, template):
    if values["MailUrl"] != "ses:":
        port = _smtp_port(values["MailUrl"])
        if not port:
            # Without the value, which may contain a password.
            fix = 'a URL such as "smtps://mail.example.com" (docs/run/mail.md)'
            yield bad("MailUrl cannot be read", fix)
        elif values["SmtpPort"] != str(port):
            fix = f'set SmtpPort = "{port}", the only one that the functions reach'
            yield bad(f"MailUrl uses port {port}, and SmtpPort is {values['SmtpPort']}", fix)
        else:
            yield ok("mail is sent by SMTP, without SES")
        return
    address = values["MailFrom"]
    labels = address.partition("@")[2].split(".")
    # A domain that is verified may send from its subdomains.
    domains = [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))]
    identities = {}
    for name in [address, *domains]:
        if found := account.ask("sesv2", "get_email_identity", missing=["NotFoundException"], EmailIdentity=name):
            identities[name] = found.get("VerifiedForSendingStatus")
    if any(identities.values()):
        yield ok(f"SES may send from {address}")
    elif not identities:
        yield bad(f"SES does not know {address}", f"aws sesv2 create-email-identity --email-identity {address}")
    else:
        name = next(iter(identities))
        fix = f"open the link that AWS mailed, or create the records of aws sesv2 get-email-identity --email-identity {name}"
        yield bad(f"SES waits for the verification of {name}", fix)
    state = account.ask("sesv2", "get_account")
    if not state.get("SendingEnabled"):
        yield bad("SES sends no mail for this account", "aws sesv2 put-account-sending-attributes --sending-enabled")
    if not state.get("ProductionAccessEnabled"):
        fix = "aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL"
        fix += f" --website-url {values['PublicUrl']}"
        yield note(f"SES is in its sandbox, and sends only to verified addresses: {fix}")


def _smtp_port(url):
    """Returns the port of a MailUrl for SMTP, as the functions choose it, or None if they cannot read it."""
    try:
        parts = urllib.parse.urlsplit(url)
        defaults = {("smtps", ""): 465, ("smtps", "tls=required"): 465, ("smtp", "tls=required"): 587}
        default = defaults.get((parts.scheme, parts.query))
        return default and (parts.port or default)
    except ValueError:
        return None


def the_concurrency(account, values, stack, template):
    """Lambda reserves from the account's quota, and the first function that gets too little fails."""
    limits = account.ask("lambda", "get_account_settings")["AccountLimit"]
    limit, free = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    count = reserving_functions(template)
    held = int(stack["Parameters"].get("ReservedConcurrency") or 0) * count
    each = int(values["ReservedConcurrency"] or 0)
    most = max(0, (free + held - UNRESERVED) // count) if count else 0
    quota = "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384"
    if each * count > most * count:
        lower = f'set ReservedConcurrency = "{most}"' if most else "leave ReservedConcurrency out"
        wanted = UNRESERVED + each * count + limit - free - held
        fix = f"{lower}, or {quota} --desired-value {max(wanted, 1000)}"
        yield bad(f"{each} × {count} functions is more than this account can reserve", fix)
    elif limit < UNRESERVED:
        yield note(f"Lambda runs {limit} functions at once for this account, all together: {quota} --desired-value 1000")
    else:
        yield ok(f"Lambda runs {limit} functions at once")


def reserving_functions(template):
    """Returns how many functions of the template use `ReservedConcurrency`."""
    name = "ReservedConcurrentExecutions"
    everywhere = template.get("Globals", {}).get("Function", {}).get(name)
    functions = [resource for resource in template["Resources"].values() if resource["Type"] == "AWS::Serverless::Function"]
    reserved = [json.dumps(function["Properties"].get(name, everywhere)) for function in functions]
    return sum('{"Ref": "ReservedConcurrency"}' in value for value in reserved)


def the_database(account, values, stack, template):
    if values["PostgresHost"]:
        yield ok(f"the database is {values['PostgresHost']}, which exists")
        return
    wanted, kind = values["PostgresVersion"], values["DatabaseInstanceClass"]
    # By family, because AWS documents no filter by a version without its minor number.
    family = f"postgres{wanted.partition('.')[0]}"
    found = account.ask("rds", "describe_db_engine_versions", Engine="postgres", DBParameterGroupFamily=family)
    versions = [version["EngineVersion"] for version in found["DBEngineVersions"]]
    versions = [version for version in versions if f"{version}.".startswith(f"{wanted}.")]
    if not versions:
        fix = "aws rds describe-db-engine-versions --engine postgres --query 'DBEngineVersions[].EngineVersion'"
        yield bad(f"{account.region} does not offer PostgreSQL {wanted}", f"set PostgresVersion to one that this lists: {fix}")
        return
    version = max(versions, key=lambda version: [int(part) for part in version.split(".")])
    asked = {"Engine": "postgres", "EngineVersion": version, "DBInstanceClass": kind, "Vpc": True}
    options = account.ask("rds", "describe_orderable_db_instance_options", **asked)["OrderableDBInstanceOptions"]
    options = [option for option in options if option.get("StorageType") == "gp3"]
    fix = f"aws rds describe-orderable-db-instance-options --engine postgres --engine-version {version}"
    fix = f"set DatabaseInstanceClass to one that this lists: {fix} --query 'OrderableDBInstanceOptions[].DBInstanceClass'"
    zones = {zone["Name"] for option in options for zone in option.get("AvailabilityZones", [])}
    is_spread = len(zones) > 1 and any(option.get("MultiAZCapable") for option in options)
    if not options:
        yield bad(f"{account.region} does not offer {kind} with PostgreSQL {version} on gp3", fix)
    elif values["DatabaseMultiAz"] == "true" and not is_spread:
        yield bad(f"{account.region} does not offer {kind} with PostgreSQL {version} in two zones", fix)
    else:
        yield ok(f"RDS offers PostgreSQL {version} on {kind}")
    # The snapshot that the database was created from may be deleted by now.
    name = values["DatabaseSnapshot"]
    if name not in ["", stack["Parameters"].get("DatabaseSnapshot")]:
        asked = {"DBSnapshotIdentifier": name, "IncludeShared": True}
        found = account.ask("rds", "describe_db_snapshots", missing=["DBSnapshotNotFound"], **asked)
        status = found["DBSnapshots"][0]["Status"] if found else "missing"
        fix = f"aws rds wait db-snapshot-available --db-snapshot-identifier {name}" if found else "aws rds describe-db-snapshots"
        yield ok(f"the snapshot {name} exists") if status == "available" else bad(f"the snapshot {name} is {status}", fix)


def the_endpoints(account, values, stack, template):
    if values["VpcId"] or values["Egress"] != "endpoints":
        return
    names = ["secretsmanager", "lambda"] + ["email-smtp"] * (values["SesSmtpEndpoint"] == "true")
    # The network uses the first two (`Fn::GetAZs`).
    found = account.ask("ec2", "describe_availability_zones", Filters=[{"Name": "state", "Values": ["available"]}])
    zones = {zone["ZoneName"] for zone in found["AvailabilityZones"][:2]}
    for name in names:
        full = f"com.amazonaws.{account.region}.{name}"
        found = account.ask("ec2", "describe_vpc_endpoint_services", missing=["InvalidServiceName"], ServiceNames=[full])
        details = found["ServiceDetails"] if found else []
        missing = zones - {zone for one in details for zone in one["AvailabilityZones"]}
        if missing:
            where = ", ".join(sorted(missing))
            yield bad(f"AWS does not offer the endpoint {full} in {where}", 'set Egress = "nat" in samconfig.toml')
        else:
            yield ok(f"AWS offers the endpoint {full}")


def the_certificates(account, values, stack, template):
    if not values["DomainName"]:
        return
    # API Gateway has the domain unless only CloudFront may call it; with arriving, it may have none.
    if values["Cdn"] in ["off", "leaving"] or values["Cdn"] == "arriving" and values["CertificateArn"]:
        yield _certificate(account, values["DomainName"], values["CertificateArn"], account.region)
    if values["Cdn"] != "off":
        # CloudFront accepts only certificates of this region.
        yield _certificate(account, values["DomainName"], values["CdnCertificateArn"], "us-east-1")


def _certificate(account, domain, arn, region):
    request = f"aws acm request-certificate --region {region} --domain-name {domain} --validation-method DNS"
    if f":acm:{region}:" not in arn:
        return bad(f"the certificate of {domain} must be in {region}", request)
    unknown = ["ResourceNotFoundException", "InvalidArnException", "ValidationException"]
    found = account.ask("acm", "describe_certificate", region, unknown, CertificateArn=arn)
    if not found:
        return bad(f"the certificate {arn} does not exist", request)
    found = found["Certificate"]
    names = {found.get("DomainName"), *found.get("SubjectAlternativeNames", [])}
    if domain not in names and f"*.{domain.partition('.')[2]}" not in names:
        return bad(f"the certificate is not for {domain}", request)
    if found["Status"] != "ISSUED":
        fix = f"create the records of aws acm describe-certificate --region {region} --certificate-arn {arn}"
        return bad(f"the certificate of {domain} is not issued ({found['Status']})", fix)
    return ok(f"the certificate of {domain} in {region} is issued")


def the_records(account, values, stack, template):
    """CloudFormation creates no record that exists already, and the records come last."""
    domain, zone = values["DomainName"], values["HostedZoneId"]
    if not (domain and zone):
        return
    hosted = account.ask("route53", "get_hosted_zone", missing=["NoSuchHostedZone", "InvalidInput"], Id=zone)
    if not hosted:
        yield bad(f"the zone {zone} does not exist", "set HostedZoneId to one of aws route53 list-hosted-zones")
        return
    name = hosted["HostedZone"]["Name"]
    found = account.ask("route53", "list_resource_record_sets", HostedZoneId=zone, StartRecordName=domain, MaxItems="10")
    taken = {record["Type"] for record in found["ResourceRecordSets"] if record["Name"] == f"{domain}."}
    is_own = (stack["Parameters"].get("DomainName"), stack["Parameters"].get("HostedZoneId")) == (domain, zone)
    if not f".{domain}.".endswith(f".{name}"):
        yield bad(f"{domain} is not in the zone {name}", "set HostedZoneId to that of aws route53 list-hosted-zones, or leave it out")
    elif taken & {"A", "AAAA", "CNAME"} and not is_own:
        fix = f"delete its record in aws route53 list-resource-record-sets --hosted-zone-id {zone}, or leave HostedZoneId out"
        yield bad(f"{domain} has a record already, which CloudFormation does not adopt", fix)
    else:
        yield ok(f"the zone {name} has room for the records of {domain}")


def the_steps_of_cloudfront(account, values, stack, template):
    """CloudFront must work before the functions require its secret, and as long as clients may still use it."""
    after = values["Cdn"]
    # A new stack has no clients.
    before = stack["Parameters"].get("Cdn", "off") if stack["Status"] else after
    if values["DomainName"] and stack["Parameters"].get("DomainName") == "" and after in ["off", "on"]:
        url = stack["Outputs"].get("Url", "execute-api")
        yield note(f"clients of {url} get errors from now on, and must call https://{values['DomainName']}")
    first = {"on": "arriving", "off": "leaving"}.get(after)
    if first and before not in [after, first]:
        fix = f'deploy with Cdn = "{first}" first: docs/run/cloudfront.md'
        yield note(f"clients get errors while Cdn changes from {before} to {after}: {fix}")


ALL = [check for name, check in globals().items() if name.startswith("the_")]
