"""Warnings about a list: what a reader should see that refuses nothing. Pure."""

from collections.abc import Iterator

from registry.standards.values import Confidence
from verify_api.selection.cover import Cover, Covers, bar, counting, is_expired
from verify_api.selection.leads import Met, judge_lead, lead_words
from verify_api.selection.values import AS_REQUIRED, Item, PermitState, Person, SelectionInput, Warning
from verify_api.selection.words import code_of, listed, short_message


def notes(
    given: SelectionInput, both: Covers, chosen: tuple[str, ...], *, complete: bool
) -> tuple[Warning, ...]:
    """Every warning about the list. `complete`: it satisfies all hard conditions."""
    filed = both.filed
    known = {person.id: person for person in given.people}
    people = [known[p] for p in chosen]
    return (
        *permit_notes(given),
        *_specialties(given, filed, chosen),
        *_levels(given, people),
        *_people(given, both, people),
        *lead_notes(given, known),
        *(_superfluous(given, filed, chosen) if complete else ()),
    )


def permit_notes(given: SelectionInput) -> Iterator[Warning]:
    """A permit that exists but does not count changes the rule; say so (SZ-22)."""
    if given.permit not in (PermitState.VALID, PermitState.NONE):
        message = f"安全生产许可证{given.permit.value}，视为未取得，按标准人数的 {given.percent}% 核查"
        yield Warning("safety_permit_not_valid", None, message)


def _specialties(given: SelectionInput, filed: Cover, chosen: tuple[str, ...]) -> Iterator[Warning]:
    for index, demand in enumerate(filed.demands):
        have = filed.people(index, chosen)
        if not demand.is_hard and len(have) < demand.need:
            message = short_message(demand, len(have), given.percent)
            yield Warning(code_of(demand), demand.item, f"{message}（专业不足，提示审核）", have)


def _levels(given: SelectionInput, people: list[Person]) -> Iterator[Warning]:
    """A bare certificate in a hand-written list is taken at its word where a level is asked for."""
    if not any(item.registered_level == "一级" for item in given.items):
        return
    vouched = tuple(p.id for p in people if any(r.level == AS_REQUIRED for r in p.registered))
    if vouched:
        message = f"标准要求一级注册建造师，{listed(vouched)} 未注明注册级别，按符合计算，须核对"
        yield Warning("level_not_stated", None, message, vouched)


def _people(given: SelectionInput, both: Covers, people: list[Person]) -> Iterator[Warning]:
    for person in people:
        who = (person.id,)
        if person.in_open_case:
            yield Warning("in_open_case", None, f"{person.id} 同时在另一个未结核查任务中", who)
        if bar(person, given) is not None or not any(counting(person, given, files_needed=True)):
            continue
        if both.ready.masks[person.id] != both.filed.masks[person.id]:
            message = f"{person.id} 只上传了一类证书，另一类证书未计入"
            yield Warning("certificate_file_partial", None, message, who)
        if any(is_expired(r, given) for r in person.registered):
            yield Warning("registration_expired", None, f"{person.id} 有已过期的注册证书，未计入", who)


def lead_notes(given: SelectionInput, known: dict[str, Person]) -> Iterator[Warning]:
    """How each item's 技术负责人 stands toward the standard's conditions."""
    for item in given.items:
        lead = known.get(item.technical_lead or "")
        if item.lead_conditions is not None and lead is not None:
            yield from _lead(given, item, lead)


def _lead(given: SelectionInput, item: Item, lead: Person) -> Iterator[Warning]:
    conditions = item.lead_conditions
    if conditions is None:
        return
    verdict = judge_lead(lead, conditions, given)
    remembered = conditions.cite.confidence is Confidence.RECALL
    hint = "（标准条件待核）" if remembered else ""
    if verdict.overall is Met.NO:
        message = f"{item.code}：技术负责人 {lead.id} 不符合标准条件：{lead_words(conditions)}{hint}"
        yield Warning("technical_lead_condition_unmet", item.code, message, (lead.id,))
    elif verdict.overall is Met.UNKNOWN or verdict.for_reviewer:
        extra = f"；{verdict.for_reviewer}" if verdict.for_reviewer else ""
        message = f"{item.code}：技术负责人 {lead.id} 的条件须人工核对：{lead_words(conditions)}{extra}{hint}"
        yield Warning("technical_lead_condition_unknown", item.code, message, (lead.id,))


def _superfluous(given: SelectionInput, filed: Cover, chosen: tuple[str, ...]) -> Iterator[Warning]:
    """People the list could do without: all who are chosen must come (SZ-30c)."""
    leads = {item.technical_lead for item in given.items}
    spare = {i: len(filed.people(i, chosen)) - d.need for i, d in enumerate(filed.demands) if d.is_hard}
    extra = []
    for person in reversed(chosen):
        bits = [i for i in spare if filed.masks.get(person, 0) >> i & 1]
        if person not in leads and all(spare[i] > 0 for i in bits):
            extra.append(person)
            for i in bits:
                spare[i] -= 1
    if extra:
        found = tuple(reversed(extra))
        message = f"名单比要求多 {len(found)} 人（可不选：{listed(found)}）；提交后所选人员须全部打卡"
        yield Warning("more_than_needed", None, message, found)
