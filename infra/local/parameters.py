"""Completes the parameters of samconfig.toml with the template's defaults, because CloudFormation keeps omitted values.

Otherwise removing a line from samconfig.toml would have no effect. Runs in SAM's Python, which reads TOML and
CloudFormation's YAML.
"""

import tools

# The parameter that `make deploy` chooses itself.
RELEASE = "Release"
# PostgreSQL truncates names at 63 bytes; the pattern of DatabaseRolePrefix has the same limit.
ROLE_PREFIX = 47


def template(path):
    """Returns the parsed template, with CloudFormation's short forms in their long ones."""
    from samcli.yamlhelper import yaml_parse

    return yaml_parse(path.read_text())


def read(name, template):
    """Returns the parameters of the environment `name` (dev, prod), all but `Release`, and its settings for `sam`.

    `template` is the parsed template. Fails with a `Problem` for an environment or a parameter that does not exist,
    for one that has neither a value nor a default, and for a stack's name that is too long.
    """
    import tomlkit

    config = tomlkit.parse((tools.ROOT / "samconfig.toml").read_text()).unwrap()
    if "deploy" not in config.get(name, {}):
        raise tools.Problem(f"ENV is {name!r}; samconfig.toml has no such environment.")
    settings = {**config[name].get("global", {}).get("parameters", {}), **config[name]["deploy"]["parameters"]}
    values = complete(settings.pop("parameter_overrides", {}), template["Parameters"])
    if not values["DatabaseRolePrefix"] and len(settings["stack_name"]) > ROLE_PREFIX:
        raise tools.Problem(
            f"names of database roles begin with the stack's name, of which {ROLE_PREFIX} characters fit;"
            f' set DatabaseRolePrefix = "{settings["stack_name"][:ROLE_PREFIX]}" in samconfig.toml.'
        )
    return values, settings


def complete(given, known):
    """Returns a value for every parameter of the template. `given` is a table, or a list of `Name=value`."""
    if not isinstance(given, dict):
        given = dict(line.split("=", 1) for line in given)
    given = {name: _text(value) for name, value in given.items()}
    unknown = sorted(given.keys() - known.keys() | given.keys() & {RELEASE})
    if unknown:
        raise tools.Problem(f"samconfig.toml sets {', '.join(unknown)}; template.yaml has no such parameter to set.")
    missing = sorted(name for name, about in known.items() if name not in given and "Default" not in about)
    if missing:
        raise tools.Problem(f"samconfig.toml lacks {', '.join(missing)}, which have no default.")
    return {name: given.get(name, _text(about.get("Default"))) for name, about in known.items() if name != RELEASE}


def changes(before, after):
    """Returns the parameters whose values change, each as (name, before, after), except secrets, which a stack hides."""
    known = {name: value for name, value in before.items() if name in after and value != "*" * len(value or "*")}
    return [(name, value, after[name]) for name, value in sorted(known.items()) if value != after[name]]


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)
