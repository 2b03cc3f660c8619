"""What a group of values is made of: a value has a default, bounds, a Chinese label, a unit and a basis."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

DECREE_28 = "《建筑业企业资质管理规定》（住建部令第22号）第二十八条"
GUIDE = "《建筑业企业资质核查平台操作细则》"
OWN = "本局核查工作规程"


class Section(BaseModel):
    """A group of values; unknown names are refused, so that a typing error cannot pass for a setting."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def value(default: object, label: str, basis: str, *, unit: str = "", **limits: Any) -> Any:
    """One value. `limits` are pydantic's: ge, le, pattern, …"""
    return Field(default=default, title=label, json_schema_extra={"basis": basis, "unit": unit}, **limits)
