"""Checks compose.yaml for `make template` without Docker, which would find its errors only at the start.

Every variable that it requires is in .env.sample, every server has a health check and listens on 127.0.0.1 only, every
schedule of template.yaml is in infra/compose/schedule.py too, and no committed file has a password.
"""

import re
import runpy

import tools
import yaml

VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(:\?)?")
SECRET = re.compile("PASSWORD|SECRET")


class Template(yaml.SafeLoader):
    """Reads a template without the values of CloudFormation's functions."""


Template.add_multi_constructor("!", lambda loader, suffix, node: None)


def faults():
    """Returns a sentence for each error."""
    text, template = ((tools.ROOT / name).read_text() for name in ["compose.yaml", "template.yaml"])
    lines = (tools.ROOT / ".env.sample").read_text().splitlines()
    sample = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    services = yaml.safe_load(text)["services"]
    return sorted([*_variables(text, sample), *_services(services), *_schedules(yaml.load(template, Template))])


def _variables(text, sample):
    found = VARIABLE.findall(text)
    used, required = {name for name, _ in found}, {name for name, is_required in found if is_required}
    yield from (f"{name} of .env.sample is not used" for name in sample.keys() - used)
    yield from (f"{name} is not in .env.sample" for name in used - sample.keys())
    yield from (f"{name} has no error for when it is missing" for name in used - required)
    yield from (f"{name} has a value in .env.sample" for name in sample if SECRET.search(name) and sample[name])


def _services(services):
    conditions = [item for service in services.values() for item in service.get("depends_on", {}).items()]
    finite = {name for name, how in conditions if how["condition"] == "service_completed_successfully"}
    for name, service in services.items():
        if "healthcheck" not in service and name not in finite:
            yield f"{name} has no health check"
        if "theater_network" not in service["networks"]:
            yield f"{name} is not in theater_network"
        if "build" not in service and not re.search(r":v?\d", service["image"]):
            yield f"{name} has an image without a version"
        for port in service.get("ports", []):
            if not port.startswith("127.0.0.1:"):
                yield f"{name} publishes {port} beyond this machine"
        for variable, value in service.get("environment", {}).items():
            if SECRET.search(variable) and not VARIABLE.match(value):
                yield f"{name} has a value of {variable}"


def _schedules(template):
    expected = {}
    for resource in template["Resources"].values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == "Schedule":
                expected[resource["Metadata"]["BuildProperties"]["Binary"]] = event["Properties"]["Schedule"]
    # It rotates secrets, which exist only on AWS.
    del expected["manage"]
    schedules = runpy.run_path(tools.ROOT / "infra" / "compose" / "schedule.py")["SCHEDULES"]
    if {name: schedule[0] for name, schedule in schedules.items()} != expected:
        yield f"infra/compose/schedule.py does not schedule what template.yaml does: {expected}"


if __name__ == "__main__":
    with tools.main():
        if problems := faults():
            raise tools.Problem(f"compose.yaml: {'; '.join(problems)}.")
