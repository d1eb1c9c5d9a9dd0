"""Evaluates template.yaml and its nested stacks for given parameters, and compares stacks; no emulator of AWS does.

A value that only AWS knows is `<id>` or `<id.attribute>`, where the id of a resource in a nested stack is `Edge/Domain`.
"""

import functools
import os
import re

import tools
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from samcli.yamlhelper import yaml_parse

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

REQUIRED = {"MailFrom": "no-reply@example.com", "PublicUrl": "https://movies.example.com"}
PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "movies",
    "AWS::URLSuffix": "amazonaws.com",
}
NOTHING = object()


class Resolved:
    """A stack: `resources` by id, each with type, evaluated properties and the ids that it waits for; and `outputs`."""

    def __init__(self, template, given, prefix="", above=()):
        self.template, self.prefix, self.nested = template, prefix, {}
        known = template.get("Parameters", {})
        wrong = [name for name in known if "Default" not in known[name] and name not in given] + list(given.keys() - known.keys())
        assert not wrong, f"{prefix or 'template.yaml'} lacks, or does not know, {wrong}"
        self.parameters = {**{name: about.get("Default") for name, about in known.items()}, **given}
        self.resources = {}
        for name, resource in template["Resources"].items():
            if self._holds(resource.get("Condition")):
                self._add(name, resource, above)
        outputs = template.get("Outputs", {}).items()
        self.outputs = {name: self.value(output["Value"]) for name, output in outputs if self._holds(output.get("Condition"))}

    def refusals(self):
        """Returns the messages of the template's rules that the parameters break."""
        rules = [rule for rule in self.template["Rules"].values() if self.value(rule.get("RuleCondition", True))]
        assertions = [assertion for rule in rules for assertion in rule["Assertions"]]
        return [one["AssertDescription"] for one in assertions if not self.value(one["Assert"])]

    def dangling(self):
        """Returns the ids that resources refer to and that this stack does not create."""
        named = re.findall(r"<((?:\w+/)?[A-Z]\w+)", str([resource["Properties"] for resource in self.resources.values()]))
        return set(named) - self.resources.keys()

    def kinds(self, name):
        """Returns the types of the resources of a nested stack, or None if it is not created."""
        own = [resource["Type"] for id, resource in self.resources.items() if id.startswith(f"{name}/")]
        return own if name in self.resources else None

    def functions(self):
        """Returns the properties of each function by its name."""
        resources = self.resources.items()
        return {id: resource["Properties"] for id, resource in resources if resource["Type"] == "AWS::Lambda::Function"}

    def variables(self, name):
        return self.functions()[name]["Environment"]["Variables"]

    def _add(self, name, resource, above):
        properties = self.value(resource.get("Properties", {}))
        waits = resource.get("DependsOn", [])
        waits = {self.prefix + other for other in ([waits] if isinstance(waits, str) else waits)}
        waits |= set(re.findall(r"<([\w/]+)", str(properties))) | set(above)
        self.resources[self.prefix + name] = {**resource, "Properties": properties, "Waits": waits}
        if resource["Type"] == "AWS::CloudFormation::Stack":
            self.resources |= self._stack(name).resources

    def _stack(self, name):
        if name not in self.nested:
            properties = self.template["Resources"][name]["Properties"]
            given = self.value(properties.get("Parameters", {}))
            self.nested[name] = Resolved(template(properties["TemplateURL"]), given, f"{name}/", [name])
        return self.nested[name]

    def _holds(self, condition):
        return condition is None or self.value(self.template["Conditions"][condition])

    def value(self, value):
        """Returns the value with every function in it evaluated."""
        if isinstance(value, list):
            return [part for part in map(self.value, value) if part is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, arguments),) = value.items()
            if name in ["Ref", "Condition"] and isinstance(arguments, str) or name.startswith("Fn::"):
                return getattr(self, "_" + name.removeprefix("Fn::").lower())(arguments)
        return {name: part for name, part in ((name, self.value(part)) for name, part in value.items()) if part is not NOTHING}

    def _ref(self, name):
        if name == "AWS::NoValue":
            return NOTHING
        if name == "AWS::StackId":
            return f"arn:aws:cloudformation:stack/{self.prefix or 'movies/'}guid"
        return PSEUDO.get(name) or (self.parameters[name] if name in self.parameters else f"<{self.prefix}{name}>")

    def _getatt(self, path):
        name, attribute = path.split(".", 1) if isinstance(path, str) else path
        if attribute.startswith("Outputs."):
            return self._stack(name).outputs[attribute.removeprefix("Outputs.")]
        return f"<{self.prefix}{name}.{attribute}>"

    def _if(self, arguments):
        condition, yes, no = arguments
        return self.value(yes if self._holds(condition) else no)

    def _sub(self, arguments):
        text, names = (arguments, {}) if isinstance(arguments, str) else arguments

        def replaced(match):
            name = match[1]
            if name in names:
                return str(self.value(names[name]))
            return str(self._getatt(name) if "." in name and "::" not in name else self._ref(name))

        return re.sub(r"\$\{([^!}]+)\}", replaced, text)

    def _equals(self, arguments):
        one, other = map(self.value, arguments)
        return str(one) == str(other)

    def _join(self, arguments):
        separator, parts = arguments
        parts = self.value(parts)
        return separator.join(map(str, parts)) if isinstance(parts, list) else parts

    def _split(self, arguments):
        return self.value(arguments[1]).split(arguments[0])

    def _select(self, arguments):
        index, parts = int(arguments[0]), self.value(arguments[1])
        return parts[index] if isinstance(parts, list) and index < len(parts) else f"{parts}[{index}]"

    def _condition(self, name):
        return self._holds(name)

    def _not(self, arguments):
        return not self.value(arguments[0])

    def _and(self, arguments):
        return all(map(self.value, arguments))

    def _or(self, arguments):
        return any(map(self.value, arguments))

    def _contains(self, arguments):
        values, value = map(self.value, arguments)
        return value in values

    def _findinmap(self, arguments):
        name, key, attribute = map(self.value, arguments)
        return self.template["Mappings"][name][key][attribute]

    def _getazs(self, arguments):
        return ["eu-central-1a", "eu-central-1b"]

    def _cidr(self, arguments):
        return [f"10.20.{number}.0/24" for number in range(int(arguments[1]))]

    def waits(self, one, other):
        """Returns whether CloudFormation changes the resource `one` after `other`."""
        seen, open_ = set(), [one]
        while open_:
            for needed in self.resources.get(open_.pop(), {}).get("Waits", ()):
                if needed not in seen:
                    seen.add(needed)
                    open_.append(needed)
        return other in seen


@functools.cache
def template(path):
    return yaml_parse((tools.ROOT / path).read_text())


def resolved(**given):
    """Returns the stack with these parameters."""
    return Resolved(translated(), {**REQUIRED, **given})


@functools.cache
def translated():
    return translate()


def translate(parameters=None, path=tools.ROOT / "template.yaml"):
    """Returns the template as CloudFormation's transform makes it for these parameters, built (`sam build`) or not."""
    source = yaml_parse(path.read_text())
    for resource in source["Resources"].values():
        resource.get("Properties", {}).pop("CodeUri", None)
    source["Globals"]["Function"]["CodeUri"] = "s3://packages/code.zip"
    defaults = {name: value.get("Default", "") for name, value in source["Parameters"].items()}
    policies = type("Policies", (), {"load": staticmethod(dict)})()
    return Translator(policies, Parser()).translate(source, parameter_values={**defaults, **REQUIRED, **(parameters or {})})


class Change:
    """The changes from one stack to another: the ids of `added`, `removed` and `replaced` resources, and in `changed` the
    names of the changed properties by id."""

    def __init__(self, before, after):
        one, other = before.resources, after.resources
        self.added, self.removed = other.keys() - one.keys(), one.keys() - other.keys()
        self.changed = {}
        for id in one.keys() & other.keys():
            old, new = one[id]["Properties"], other[id]["Properties"]
            names = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
            if names:
                self.changed[id] = names
        self.replaced = {id for id, names in self.changed.items() if names & _fixed(other[id]["Type"])}


@functools.cache
def _fixed(kind):
    """Returns the properties whose change replaces the resource."""
    if kind.startswith("Custom::") or kind == "AWS::CloudFormation::Stack":
        return frozenset()
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-central-1", kind).schema
    return frozenset(path.split("/")[2] for path in schema.get("createOnlyProperties", []))
