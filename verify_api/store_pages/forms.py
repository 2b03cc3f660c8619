"""A filing as a form: from posted fields to a draft. Nothing is judged here; the store judges."""

from typing import Any

from registry.enterprises.models import Enterprise
from registry.people.models import RosterEntry
from registry.projects.fields import FIELDS, FieldKind
from registry.projects.models import Stage
from registry.workflows.models import Filing
from registry.workflows.profile import Kind, Profile
from registry.workflows.service import Draft, is_last_filling
from verify_api.pages.forms import Fields

INDICATOR_ROWS = 6
CLAIMS = {
    "drawing_passed_on": "施工图审查合格日期",
    "completed_on": "竣工验收日期",
    "permitted_on": "施工许可（开工报告）日期",
    "contract_signed_on": "合同签订日期",
}


def stages_offered(filing: Filing, profile: Profile) -> list[Stage]:
    """The stages a firm may fill in at this turn: none while it only asks for the port."""
    if not is_last_filling(filing):
        return []
    allowed = profile.workflows[Kind(filing.kind)].stages
    return [stage for stage in Stage if allowed is None or stage in allowed]


def draft_of(
    form: Fields, filing: Filing, profile: Profile, firm: Enterprise, roster: list[RosterEntry]
) -> Draft:
    """What was filled in. A stage without a single value is not part of the filing."""
    stages = {}
    for stage in stages_offered(filing, profile):
        if Kind(filing.kind) is Kind.UPGRADE:
            content: dict[str, Any] | None = {} if form.text(f"{stage}.chosen") else None
        else:
            content = _content(form, stage) or None
        if content is not None:
            stages[stage.value] = content
    return Draft(
        stages=stages,
        parties=_parties(form, firm),
        people=_people(form, firm, roster),
        attachments=filing.attachments,
        claims={name: form.text(f"claim.{name}") for name in CLAIMS if form.text(f"claim.{name}")},
        reason=form.text("reason"),
    )


def _content(form: Fields, stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in FIELDS[stage]:
        name = f"{stage}.{field.name}"
        value = _rows(form, name) if field.kind is FieldKind.ROWS else form.text(name)
        if value:
            found[field.name] = _number(value) if field.kind is FieldKind.NUMBER else value
    return found


def _number(text: Any) -> Any:
    """A number if it is one; otherwise what was typed, for the store to refuse by name."""
    try:
        value = float(str(text).replace(",", ""))
    except ValueError:
        return text
    return int(value) if value.is_integer() else value


def _rows(form: Fields, name: str) -> list[dict[str, Any]]:
    rows = []
    for n in range(INDICATOR_ROWS):
        title, value = form.text(f"{name}.{n}.name"), form.text(f"{name}.{n}.value")
        if title or value:
            rows.append({"name": title, "value": _number(value), "unit": form.text(f"{name}.{n}.unit")})
    return rows


def _parties(form: Fields, firm: Enterprise) -> list[dict[str, Any]]:
    """The builder named in the basic information, and the firm itself in its trade."""
    parties = [{"role": firm.kind, "uscc": firm.uscc, "name": firm.name}]
    builder, name = form.text("basic.builder_uscc"), form.text("basic.builder_name")
    return [*parties, {"role": "建设", "uscc": builder, "name": name}] if builder and name else parties


def _people(form: Fields, firm: Enterprise, roster: list[RosterEntry]) -> list[dict[str, Any]]:
    chosen = {entry.person_id: form.text(f"person.{entry.person_id}") for entry in roster}
    names = {entry.person_id: entry.person.name for entry in roster}
    return [
        {"person": person, "name": names[person], "role": role, "employer_uscc": firm.uscc}
        for person, role in chosen.items()
        if role
    ]
