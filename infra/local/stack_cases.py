"""The ways to deploy the stack, and what must come of each."""

import boto3

BOUNDARY = "arn:aws:iam::123456789012:policy/movie-theater-github-prod"
REQUIRED = {"MailFrom": "no-reply@example.com", "PublicUrl": "https://movies.example.com"}


def everything_new(create):
    resources, functions = create({})
    network = resources["Network"]
    yield "it should have one NAT gateway", network.count("AWS::EC2::NatGateway") == 1
    yield "it should have the gateway endpoint of S3 alone", network.count("AWS::EC2::VPCEndpoint") == 1
    yield "it should have a database without a proxy", resources["Database"][-1] == "AWS::RDS::DBInstance"
    monitored = resources["Monitoring"].count("AWS::CloudWatch::Alarm")
    yield "it should have 14 alarms and a dashboard", (monitored, resources["Dashboard"]) == (14, ["AWS::CloudWatch::Dashboard"])
    yield "it should have two keys for tokens and five logins", len(resources["Secrets"]) == 7
    yield "it should have neither domain nor firewall", resources["Edge"] == []
    yield "it should have neither backups elsewhere nor a budget", not any(name in resources for name in ["Backup", "Costs"])
    yield "it should have no secrets of CloudFront", "Origin" not in resources
    yield "nothing should be asked for such a secret", not functions["Pages"]["Environment"]["Variables"]["ORIGIN_SECRETS"]
    yield "no role should have a boundary", boundaries() == {None}
    yield "roles should be named after the stack", functions["Manage"]["Environment"]["Variables"]["DATABASE_ROLE_PREFIX"] == "movies"
    yield from functions_are_wired(functions, "Instance")


def everything_there_is(create):
    zone = boto3.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    resources, functions = create(
        {
            "Egress": "nat-per-zone",
            "DatabaseProxy": "true",
            "DatabaseRolePrefix": "cinema",
            "CorsOrigin": "https://movies.example.com",
            "DomainName": "api.example.com",
            "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
            "HostedZoneId": zone.rpartition("/")[2],
            "FirewallLimit": "300",
            "ImportBucket": "catalogues",
            "LoginDeployment": "Gradual",
            "ApiLogRole": "create",
            "AlarmEmail": "ann@example.com",
            "BackupCopyVaultArn": "arn:aws:backup:eu-west-1:123456789012:backup-vault:movies",
            "MonthlyBudget": "200",
            "PermissionsBoundaryArn": BOUNDARY,
        }
    )
    yield "it should have two NAT gateways", resources["Network"].count("AWS::EC2::NatGateway") == 2
    yield "it should have a proxy of its own stack", "AWS::RDS::DBProxyTargetGroup" in resources["Proxy"]
    yield "passwords should be rotated in place", functions["Manage"]["Environment"]["Variables"]["PASSWORD_ROTATION"] == "in-place"
    edge = ["AWS::ApiGateway::BasePathMapping", "AWS::Route53::RecordSetGroup", "AWS::WAFv2::WebACLAssociation"]
    yield "it should have domain, records and firewall", set(edge) <= set(resources["Edge"])
    yield "it should have the account's role for logs", "AWS::ApiGateway::Account" in resources["Logs"]
    yield "every role should have the boundary", boundaries() == {BOUNDARY}
    yield "it should have a subscriber", "AWS::SNS::Subscription" in resources["Monitoring"]
    backup = ["AWS::Backup::BackupVault", "AWS::Backup::BackupPlan", "AWS::Backup::BackupSelection", "AWS::Events::Rule"]
    yield "it should have backups that tell of their failures", set(backup) <= set(resources["Backup"])
    yield "it should have a budget", resources["Costs"] == ["AWS::Budgets::Budget"]
    environment = functions["Manage"]["Environment"]["Variables"]
    yield "roles should be named as asked for", environment["DATABASE_ROLE_PREFIX"] == "cinema"
    yield "manage should know its bucket", environment["IMPORT_BUCKET"] == "catalogues"
    yield "manage should go past the proxy", "Instance" in environment["POSTGRES_HOST"]
    yield from functions_are_wired(functions, "ProxyServer")


def on_the_way_to_cloudfront(create):
    resources, functions = create(
        {
            "Cdn": "arriving",
            "DomainName": "api.example.com",
            "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
            "CdnCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
        }
    )
    yield "both should have the domain", {"AWS::CloudFront::Distribution", "AWS::ApiGateway::DomainName"} <= set(resources["Edge"])
    yield "there should be two secrets", len(resources["Origin"]) == 2
    yield "nothing should be asked for one", not functions["Login"]["Environment"]["Variables"]["ORIGIN_SECRETS"]
    yield from functions_are_wired(functions, "Instance")


def behind_cloudfront(create):
    zone = boto3.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    resources, functions = create(
        {
            "Cdn": "on",
            "TrustedProxyHops": "1",
            "DomainName": "api.example.com",
            "CdnCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
            "HostedZoneId": zone.rpartition("/")[2],
            "FirewallLimit": "300",
            "FirewallManagedRules": "block",
            "OriginSecret": "green",
            "ReservedConcurrency": "40",
        }
    )
    edge = resources["Edge"]
    yield "CloudFront should have the domain", "AWS::CloudFront::Distribution" in edge
    yield "API Gateway should have no domain", "AWS::ApiGateway::DomainName" not in edge
    yield "it should have records", "AWS::Route53::RecordSetGroup" in edge
    yield "the firewall should have a log", "AWS::WAFv2::LoggingConfiguration" in edge
    yield "there should be two secrets", len(resources["Origin"]) == 2
    for name in ["Login", "ListMovies", "Pages", "Docs", "NotFound"]:
        secrets = functions[name]["Environment"]["Variables"]["ORIGIN_SECRETS"].split(",")
        yield f"{name} should accept two secrets", len(set(secrets)) == 2 and "" not in secrets
    hops = functions["Login"]["Environment"]["Variables"]["TRUSTED_PROXY_HOPS"]
    yield "login should count clients, not CloudFront", str(hops) == "1"
    yield from functions_are_wired(functions, "Instance")


def interface_endpoints(create):
    smtp = {"MailUrl": "smtp://email-smtp.eu-central-1.amazonaws.com?tls=required", "SesSmtpEndpoint": "true"}
    secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:smtp"
    resources, functions = create({"Egress": "endpoints", "SmtpSecretArn": secret, **smtp})
    environment = functions["SendMail"]["Environment"]["Variables"]
    yield "mail should log in with the secret", environment["SMTP_SECRET_ARN"] == secret
    network = resources["Network"]
    yield "it should have no NAT gateway", "AWS::EC2::NatGateway" not in network
    yield "nothing should be public", "AWS::EC2::InternetGateway" not in network
    yield "it should have endpoints for S3, secrets, Lambda and mail", network.count("AWS::EC2::VPCEndpoint") == 4
    yield from functions_are_wired(functions, "Instance")


def in_what_exists(create):
    vpc = boto3.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    blocks = ["10.1.1.0/24", "10.1.2.0/24"]
    subnets = [boto3.client("ec2").create_subnet(VpcId=vpc, CidrBlock=block) for block in blocks]
    subnets = [subnet["Subnet"]["SubnetId"] for subnet in subnets]
    secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"
    resources, functions = create(
        {
            "VpcId": vpc,
            "SubnetIds": ",".join(subnets),
            "PostgresHost": "db.example.com",
            "PostgresPort": "6432",
            "DatabaseSecretArn": f"{secret}owner",
            "JwtAccessSecretArn": f"{secret}access",
            "JwtRefreshSecretArn": f"{secret}refresh",
        }
    )
    yield "it should make a security group alone", resources["Network"] == ["AWS::EC2::SecurityGroup"]
    yield "it should make no database", resources["Database"] == []
    yield "it should watch no database", resources["Monitoring"].count("AWS::CloudWatch::Alarm") == 11
    yield "it should make the logins of the roles alone", len(resources["Secrets"]) == 5
    login, manage = functions["Login"], functions["Manage"]["Environment"]["Variables"]
    environment = login["Environment"]["Variables"]
    keys = [environment["JWT_ACCESS_SECRET_ARN"], environment["JWT_REFRESH_SECRET_ARN"]]
    yield "login should have the keys that exist", keys == [f"{secret}access", f"{secret}refresh"]
    yield "login should reach the port that exists", str(environment["POSTGRES_DB_PORT"]) == "6432"
    yield "login should be in the subnets that exist", login["VpcConfig"]["SubnetIds"] == subnets
    yield "manage should be the owner", manage["DATABASE_SECRET_ARN"] == f"{secret}owner"
    yield from functions_are_wired(functions, "db.example.com")


def two_on_one_server(create):
    secret = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:owner"
    server = {"PostgresHost": "db.example.com", "DatabaseSecretArn": secret}
    stacks = {"movies": {}, "cinema": {"DatabaseRolePrefix": "second", "PostgresDatabase": "cinema"}}
    made = {name: create({**server, **own}, name) for name, own in stacks.items()}
    environments = {}
    for name, (resources, functions) in made.items():
        environments[name] = functions["Manage"]["Environment"]["Variables"]
        yield f"{name} should make the logins of its own roles", len(resources["Secrets"]) >= 5
        yield from functions_are_wired(functions, "db.example.com")
    first, second = environments["movies"], environments["cinema"]
    roles = first["DATABASE_ROLE_PREFIX"], second["DATABASE_ROLE_PREFIX"]
    yield f"roles should be named apart, not {roles}", roles == ("movies", "second")
    yield "each should have its database", (first["POSTGRES_DB"], second["POSTGRES_DB"]) == ("movies_db", "cinema")
    secrets = [name for name in first if name.endswith("_SECRET_ARN") and name != "DATABASE_SECRET_ARN"]
    yield "they should share the owner's login", first["DATABASE_SECRET_ARN"] == second["DATABASE_SECRET_ARN"] == secret
    yield "they should share no other secret", all(first[name] != second[name] for name in secrets)


def proxy_by_endpoints(create):
    smtp = {"MailUrl": "smtps://mail.example.com", "SmtpPort": "465"}
    resources, functions = create({"Egress": "endpoints", "DatabaseProxy": "true", **smtp})
    yield "it should have a proxy", "AWS::RDS::DBProxy" in resources["Proxy"]
    yield "it should have endpoints for S3, secrets and Lambda", resources["Network"].count("AWS::EC2::VPCEndpoint") == 3
    yield from functions_are_wired(functions, "ProxyServer")


def boundaries():
    """The permissions boundaries that the account's roles have."""
    iam = boto3.client("iam")
    roles = [iam.get_role(RoleName=role["RoleName"])["Role"] for role in iam.list_roles()["Roles"]]
    return {role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for role in roles}


def functions_are_wired(functions, host):
    for name, function in functions.items():
        environment = function["Environment"]["Variables"]
        inside = bool(function.get("VpcConfig", {}).get("SubnetIds"))
        yield f"{name} should be in the network, or have no login", inside == ("DATABASE_SECRET_ARN" in environment)
        if inside and name != "Manage":
            yield f"{name} should reach {host}", host in environment["POSTGRES_HOST"]


CASES = {
    "all of it new": everything_new,
    "with all that can be added": everything_there_is,
    "on the way to CloudFront": on_the_way_to_cloudfront,
    "behind CloudFront": behind_cloudfront,
    "with interface endpoints": interface_endpoints,
    "with interface endpoints and a proxy": proxy_by_endpoints,
    "in a network and a database that exist": in_what_exists,
    "twice on one server": two_on_one_server,
}
