"""The first version, which ships with the code and is installed by the migration."""

import json
from datetime import date
from functools import cache
from importlib.resources import files

from verify_api.policy.rules import parse
from verify_api.policy.version import PolicyVersion


@cache
def builtin() -> PolicyVersion:
    """The version in force until an office activates its own."""
    data = json.loads(files("verify_api.policy").joinpath("builtin.json").read_text("utf-8"))
    return PolicyVersion(data["version"], date.fromisoformat(data["effective_from"]), parse(data["values"]))
