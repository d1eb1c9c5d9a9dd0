"""Checks the AWS account for what makes deployments fail after minutes (`make preflight`), which SAM does not.

The environment variable ENV is dev or prod. Each finding is one line: `BAD` ends with the fix, and a `note` does not
prevent a deployment. Runs in SAM's Python, which has boto3.
"""

import functools
import os

import parameters
import preflight_checks as checks
import tools


class Account:
    """The account and region of the environment's credentials."""

    def __init__(self, region=None):
        import boto3
        from botocore.exceptions import BotoCoreError

        try:
            self.session = boto3.session.Session(region_name=region or os.environ.get("AWS_REGION"))
        except BotoCoreError as error:
            # Such as an unknown AWS_PROFILE.
            raise tools.Problem(f"the AWS credentials cannot be read: {error}.") from None
        if not self.session.region_name:
            raise tools.Problem("no region is set; choose one: export AWS_REGION=eu-central-1.")
        self.region = self.session.region_name
        self.client = functools.cache(self.session.client)

    def ask(self, service, operation, region=None, missing=(), **arguments):
        """Returns the response to one operation of AWS, in the account's region or another, or None for the error codes
        of `missing`. Fails with `Refused` for another error of AWS, and with a `Problem` without a response."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self.client(service, region), operation)(**arguments)
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
            if code in missing:
                return None
            raise checks.Refused(f"{code}: {message}") from None
        except BotoCoreError as error:
            raise tools.Problem(f"AWS does not respond ({service}): {error}") from None

    def stack(self, name):
        """Returns the name, status, parameters and outputs of a stack, of which a stack that does not exist has none."""
        try:
            found = self.ask("cloudformation", "describe_stacks", missing=["ValidationError"], StackName=name)
        except checks.Refused as refused:
            raise tools.Problem(f"CloudFormation cannot describe the stack {name}: {refused}.") from None
        found = found["Stacks"][0] if found else {"StackStatus": "REVIEW_IN_PROGRESS"}
        # A first change set that was not executed leaves a stack in review, which SAM too treats like no stack.
        status = found["StackStatus"].replace("REVIEW_IN_PROGRESS", "")
        found = found if status else {}
        return {
            "Name": name,
            "Status": status,
            "Parameters": {one["ParameterKey"]: one.get("ParameterValue", "") for one in found.get("Parameters", [])},
            "Outputs": {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])},
        }


def require(account, values, stack, template):
    """Prints every finding. Fails with a `Problem` if one is `BAD`."""
    findings = []
    for check in checks.ALL:
        try:
            findings += check(account, values, stack, template)
        except checks.Refused as refused:
            findings.append(checks.note(f"{check.__name__.replace('_', ' ')} could not be checked ({refused})"))
    print("\n".join(findings), flush=True)
    if bad := sum(finding.startswith("BAD") for finding in findings):
        raise tools.Problem(f"{bad} of these would make the deployment fail.")


if __name__ == "__main__":
    with tools.main():
        # Packaged or not.
        template = parameters.template(tools.ROOT / "template.yaml")
        values, settings = parameters.read(os.environ.get("ENV") or "dev", template)
        account = Account(settings.get("region"))
        require(account, values, account.stack(settings["stack_name"]), template)
