"""Is a list enough? Every violated condition at once (SZ-16…SZ-25). Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence

from registry.errors import Invalid
from verify_api.selection.cover import (
    Cover,
    Covers,
    Demand,
    Measure,
    bar,
    counting,
    covers,
    is_expired,
    share_of,
    valid_registrations,
)
from verify_api.selection.notes import notes
from verify_api.selection.values import (
    CheckResult,
    Item,
    ItemTally,
    Person,
    Reason,
    Registration,
    SelectionInput,
    SpecialtyMin,
    Tally,
    Title,
    Warning,
)
from verify_api.selection.words import (
    bar_message,
    bar_remedy,
    code_of,
    short_message,
    short_remedy,
)

__all__ = [
    "CheckResult",
    "Item",
    "Person",
    "Reason",
    "Registration",
    "SelectionInput",
    "SpecialtyMin",
    "Title",
    "UnknownPerson",
    "Warning",
    "check",
    "share_of",
]


class UnknownPerson(Invalid):
    """The list names somebody who is not among the people given."""

    code = "unknown_person"


def check(given: SelectionInput, people_ids: Sequence[str]) -> CheckResult:
    """Whether the list satisfies every item. Raises UnknownPerson."""
    known = {person.id: person for person in given.people}
    strangers = [p for p in people_ids if p not in known]
    if strangers:
        raise UnknownPerson(f"人员 {strangers[0]} 不在所给人员中", hint="只能从名册中选择")
    chosen = tuple(dict.fromkeys(people_ids))
    both = covers(given)
    reasons = (
        *_twice(people_ids),
        *faults(given, both.ready, known, chosen),
        *_files(given, [known[p] for p in chosen]),
        *_shortages(both, given, chosen),
    )
    warnings = notes(given, both, chosen, complete=not reasons)
    return CheckResult(not reasons, reasons, warnings, tally(given, both.filed, chosen))


def faults(
    given: SelectionInput, ready: Cover, known: dict[str, Person], chosen: tuple[str, ...]
) -> tuple[Reason, ...]:
    """What is wrong with the items, their leads and single people, apart from numbers and files."""
    return (
        *_blocked_items(given),
        *_leads(given, known, chosen),
        *_persons(given, ready, [known[p] for p in chosen]),
    )


def _blocked_items(given: SelectionInput) -> Iterator[Reason]:
    for item in given.items:
        for name, number in (("注册人员", item.registered_required), ("职称技术人员", item.titled_required)):
            if number is None:
                said = [block for block in item.blocks if block.startswith(name)] or item.blocks
                why = next(iter(said), f"{name}：标准人数未知")
                yield Reason(
                    "requirement_unknown",
                    item.code,
                    None,
                    None,
                    f"{item.code}：{why}，不能自动判断",
                    remedy="由核查部门录入该资质项的标准人数并说明依据",
                )


def _twice(people_ids: Sequence[str]) -> Iterator[Reason]:
    for person, times in Counter(people_ids).items():
        if times > 1:
            yield Reason(
                "counted_twice",
                None,
                1,
                times,
                f"{person} 在名单中出现 {times} 次，只能计一人",
                (person,),
                "删去重复的一项",
            )


def _leads(given: SelectionInput, known: dict[str, Person], chosen: tuple[str, ...]) -> Iterator[Reason]:
    for item in given.items:
        lead = item.technical_lead
        if lead is None or lead not in known:
            yield Reason(
                "technical_lead_missing",
                item.code,
                1,
                0,
                f"{item.code}：未登记技术负责人"
                if lead is None
                else f"{item.code}：技术负责人 {lead} 不在企业人员名册中",
                remedy="在“三库一平台”登记该资质项的技术负责人后同步",
            )
        elif lead not in chosen:
            barred = bar(known[lead], given)
            yield Reason(
                "technical_lead_not_selected",
                item.code,
                1,
                0,
                f"{item.code}：技术负责人 {lead} 必须参加打卡",
                (lead,),
                bar_message(barred, known[lead]) if barred else f"把 {lead} 加入名单",
            )


def _persons(given: SelectionInput, ready: Cover, chosen: list[Person]) -> Iterator[Reason]:
    leads = {item.technical_lead for item in given.items}
    can_tell = all(i.registered_required is not None and i.titled_required is not None for i in given.items)
    for person in chosen:
        barred = bar(person, given)
        if barred:
            yield Reason(
                barred, None, None, None, bar_message(barred, person), (person.id,), bar_remedy(barred)
            )
            continue
        # A lead is asked for by SZ-20 itself; what the certificate must be is the standard's lead condition.
        is_relevant = person.id in leads or not can_tell or ready.masks[person.id] != 0
        if not is_relevant or not _holds_any(given, person):
            yield _nothing_counts(given, person)


def _holds_any(given: SelectionInput, person: Person) -> bool:
    return bool(person.titled or valid_registrations(person, given))


def _nothing_counts(given: SelectionInput, person: Person) -> Reason:
    who = (person.id,)
    if any(is_expired(r, given) for r in person.registered):
        message, remedy = f"{person.id} 的注册证书已过期", "办理延续注册并同步，或换一人"
        return Reason("registration_expired", None, None, None, message, who, remedy)
    message = f"{person.id} 没有可计入的注册证书或职称证书"
    return Reason("no_counted_certificate", None, None, None, message, who, "从名单中移除，或换一人")


def _files(given: SelectionInput, chosen: list[Person]) -> Iterator[Reason]:
    """SZ-25: nobody is ticked before a certificate file is there."""
    for person in chosen:
        if bar(person, given) or not _holds_any(given, person):
            continue
        if not any(counting(person, given, files_needed=True)):
            message = f"{person.id} 未上传证书文件，不能勾选"
            remedy = "上传注册证书或职称证书文件"
            yield Reason("certificate_file_missing", None, 1, 0, message, (person.id,), remedy)


def shortage(given: SelectionInput, demand: Demand, have: tuple[str, ...], remedy: str) -> Reason:
    """The reason for a demand that is not met."""
    message = short_message(demand, len(have), given.percent)
    return Reason(code_of(demand), demand.item, demand.need, len(have), message, have, remedy)


def _shortages(both: Covers, given: SelectionInput, chosen: tuple[str, ...]) -> Iterator[Reason]:
    filed, ready = both.filed, both.ready
    for index, demand in enumerate(filed.demands):
        have = filed.people(index, chosen)
        short = demand.need - len(have)
        if short <= 0 or not demand.is_hard:
            continue
        counts = set(filed.people(index, filed.masks))
        spare = tuple(sorted(counts - set(have)))
        lacking_file = tuple(sorted(set(ready.people(index, ready.masks)) - counts))
        yield shortage(given, demand, have, short_remedy(demand, short, spare, lacking_file))


def tally(given: SelectionInput, filed: Cover, chosen: tuple[str, ...]) -> dict[str, ItemTally]:
    """Needed and present heads per item."""
    found = {}
    for item in given.items:
        rows = [(i, d) for i, d in enumerate(filed.demands) if d.item == item.code]
        registered = _tally(rows, Measure.REGISTERED, filed, chosen)
        titled = _tally(rows, Measure.TITLED, filed, chosen)
        heads = tuple(p for p in chosen if p in {*registered.people, *titled.people})
        need = next((d.need for _, d in rows if d.measure is Measure.HEADS), None)
        found[item.code] = ItemTally(
            given.percent, registered, titled, Tally(need, len(heads), heads), item.technical_lead
        )
    return found


def _tally(rows: list[tuple[int, Demand]], measure: Measure, filed: Cover, chosen: tuple[str, ...]) -> Tally:
    for index, demand in rows:
        if demand.measure is measure:
            people = filed.people(index, chosen)
            return Tally(demand.need, len(people), people)
    return Tally(None, 0, ())
