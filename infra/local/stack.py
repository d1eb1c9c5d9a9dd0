"""Creates the stack of template.yaml in moto's CloudFormation, once for each way to deploy it, and checks what it holds.

It runs in the environment of infra/sam.txt. moto does not know every type of resource; stand-ins take their
places, so that everything that refers to them is resolved all the same. What they stand for is printed.
"""

import copy
import io
import ipaddress
import json
import logging
import os
import sys
import zipfile
from pathlib import Path

REGION = "eu-central-1"
os.environ.update(AWS_DEFAULT_REGION=REGION, AWS_ACCESS_KEY_ID="moto", AWS_SECRET_ACCESS_KEY="moto")

import boto3
from moto import mock_aws
from moto.cloudformation import parsing
from moto.cloudformation.models import Stack
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from stack_cases import CASES, REQUIRED

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "packages"
# What moto would create otherwise than AWS does.
MISTAKEN = {
    "AWS::ApiGateway::Deployment": "does not read the methods in the API's body",
    "AWS::ApiGateway::Stage": "asks for a deployment that it made",
    "AWS::Lambda::Alias": "asks for a version that it made",
    "AWS::Lambda::Permission": "asks for an alias that it made",
    "AWS::Lambda::Version": "does not give its number",
    "AWS::RDS::DBInstance": "takes its parameter group for a text",
    "Custom::Migration": "runs functions only in Docker",
}


class StandIn:
    """A resource that moto does not create: it has an ARN for a name, and every attribute."""

    def __init__(self, name):
        self.physical_resource_id = f"arn:aws:stand-in:{REGION}:123456789012:{name}"

    def is_created(self):
        return True

    def get_cfn_attribute(self, attribute):
        return f"{self.physical_resource_id}.{attribute}"

    @classmethod
    def has_cfn_attr(cls, _):
        return True

    @staticmethod
    def cloudformation_name_type():
        return ""

    @classmethod
    def create_from_cloudformation_json(cls, name, *_, **__):
        return cls(name)


def main():
    logging.disable(logging.WARNING)
    unknown = set()
    patch(unknown)
    template = translate()
    for name, case in CASES.items():
        with mock_aws():
            for expectation, met in case(lambda given, stack="movies": create(template, {**REQUIRED, **given}, stack)):
                if not met:
                    sys.exit(f"error: the stack, {name}: {expectation}")
        print(f"The stack, {name}: created.")
    print("Stand-ins, since moto does not know them:", ", ".join(sorted(unknown)))
    print("Stand-ins, since moto", "; ".join(f"{reason} ({kind})" for kind, reason in MISTAKEN.items()))


def patch(unknown):
    """Teaches moto the stand-ins, and what it lacks of CloudFormation's language."""
    known, known_resolve = parsing.resource_class_from_type, parsing.clean_json

    def resource_class(kind):
        found = None if kind in MISTAKEN else known(kind)
        if not found and kind not in MISTAKEN:
            unknown.add(kind)
        return found or StandIn

    def resolve(value, resources):
        # moto leaves None in a list for AWS::NoValue.
        resolved = known_resolve(value, resources)
        return [part for part in resolved if part is not None] if isinstance(resolved, list) else resolved

    def output(stack, name):
        return {f"Outputs.{output['OutputKey']}": output["OutputValue"] for output in stack.outputs}[name]

    parsing.resource_class_from_type, parsing.clean_json = resource_class, resolve
    # moto's nested stacks have outputs, but nobody can ask for them.
    Stack.get_cfn_attribute = output


def translate(parameters=None, path=ROOT / "template.yaml"):
    """The template as CloudFormation's transform makes it of these parameters, built (`sam build`) or not."""
    template = yaml_parse(path.read_text())
    for resource in template["Resources"].values():
        resource.get("Properties", {}).pop("CodeUri", None)
    template["Globals"]["Function"]["CodeUri"] = f"s3://{BUCKET}/code.zip"
    defaults = {name: value.get("Default", "") for name, value in template["Parameters"].items()}
    policies = type("Policies", (), {"load": staticmethod(dict)})()
    return Translator(policies, Parser()).translate(template, parameter_values={**defaults, **REQUIRED, **(parameters or {})})


def create(template, parameters, stack):
    """Creates the stack of this name. Gives the types of each nested stack's resources by that stack's name, "" being
    the parent's, and the configuration of each function by its."""
    s3, cloudformation = boto3.client("s3"), boto3.client("cloudformation")
    if not s3.list_buckets()["Buckets"]:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("bootstrap", "")
    s3.put_object(Bucket=BUCKET, Key="code.zip", Body=package.getvalue())
    templates = {"": copy.deepcopy(template)}
    for name, resource in templates[""]["Resources"].items():
        if resource["Type"] == "AWS::CloudFormation::Stack":
            path = resource["Properties"]["TemplateURL"]
            templates[name] = without_cidr(yaml_parse((ROOT / path).read_text()))
            s3.put_object(Bucket=BUCKET, Key=path, Body=json.dumps(templates[name]))
            resource["Properties"]["TemplateURL"] = f"https://s3.{REGION}.amazonaws.com/{BUCKET}/{path}"
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(templates[""]), Parameters=given)
    resources = {}
    for made in cloudformation.list_stacks()["StackSummaries"]:
        parent, _, rest = made["StackName"].partition("-")
        if parent != stack:
            continue
        name = rest.partition("-")[0]
        found = cloudformation.describe_stack_resources(StackName=made["StackName"])["StackResources"]
        # Those whose condition is not met are listed without a name.
        ids = [resource["LogicalResourceId"] for resource in found if "LogicalResourceId" in resource]
        resources[name] = [templates[name]["Resources"][id]["Type"] for id in ids]
    functions = boto3.client("lambda").list_functions()["Functions"]
    names = [function["FunctionName"].split("-")[:2] for function in functions]
    return resources, {name: function for (parent, name), function in zip(names, functions) if parent == stack}


def without_cidr(value):
    """The template with Fn::Cidr, which moto does not know, worked out."""
    if isinstance(value, dict) and "Fn::Cidr" in value:
        _, count, bits = value["Fn::Cidr"]
        blocks = ipaddress.ip_network("10.20.0.0/16").subnets(new_prefix=32 - bits)
        return [str(block) for block, _ in zip(blocks, range(count))]
    if isinstance(value, dict):
        return {name: without_cidr(part) for name, part in value.items()}
    return [without_cidr(part) for part in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
