"""The Chinese sentences of a check: what is short and what would mend it. Pure."""

from verify_api.selection.cover import Demand, Measure
from verify_api.selection.values import Person, Role

ROLE_NAMES = {Role.REGISTERED: "注册人员", Role.TITLED: "职称技术人员"}
SHOWN_CANDIDATES = 5

_CODES = {
    Measure.REGISTERED: "registered_short",
    Measure.TITLED: "titled_short",
    Measure.HEADS: "heads_short",
    Measure.REGISTERED_SPECIALTY: "registered_specialty_short",
    Measure.TITLED_SPECIALTY: "titled_specialty_short",
}
_BAR_MESSAGES = {
    "person_dropped": "{id} 已不在企业人员名册中（最近一次同步已移除）",
    "registered_elsewhere": "{id} 的注册证书在其他单位，不能作为本企业人员",
}
_BAR_REMEDIES = {
    "person_dropped": "换一人；确系在职的，在“三库一平台”更正后重新同步",
    "registered_elsewhere": "换一人；已转注册到本企业的，在“三库一平台”更正后重新同步",
}


def code_of(demand: Demand) -> str:
    """Stable code of a demand that is not met."""
    return _CODES[demand.measure]


def subject_of(demand: Demand) -> str:
    """Whom the demand counts, in words."""
    level = demand.level if demand.level not in (None, "不限", "中级以上") else ""
    names = "/".join(demand.specialties)
    match demand.measure:
        case Measure.REGISTERED:
            return f"{level}注册人员" + (f"（{names}）" if names else "")
        case Measure.TITLED:
            return "职称技术人员" + (f"（{names}）" if names else "")
        case Measure.HEADS:
            return "人员总数（同一人只计一次）"
        case Measure.REGISTERED_SPECIALTY:
            return f"其中{names or '任一专业'}专业{level}注册人员"
        case Measure.TITLED_SPECIALTY:
            return f"其中{names or '任一专业'}专业{level}职称人员"


def basis_of(demand: Demand, percent: int) -> str:
    """Where the needed number comes from."""
    if percent == 100:
        return f"标准 {demand.full} 人，须全部参加"
    return f"标准 {demand.full} 人的 {percent}%，向上取整"


def short_message(demand: Demand, have: int, percent: int) -> str:
    """The sentence for a shortage."""
    basis = basis_of(demand, percent)
    return f"{demand.item}：{subject_of(demand)}至少 {demand.need} 人（{basis}），现有 {have} 人"


def listed(people: tuple[str, ...]) -> str:
    """A few ids in words."""
    shown = "、".join(people[:SHOWN_CANDIDATES])
    return f"{shown} 等 {len(people)} 人" if len(people) > SHOWN_CANDIDATES else shown


def short_remedy(demand: Demand, short: int, spare: tuple[str, ...], unfiled: tuple[str, ...]) -> str:
    """What would mend it: people of the roster who would count, then files, then new people."""
    parts = []
    if spare:
        parts.append(f"再选 {min(short, len(spare))} 人，可选：{listed(spare)}")
    if len(spare) < short and unfiled:
        parts.append(f"为 {listed(unfiled)} 上传证书文件")
    if len(spare) + len(unfiled) < short:
        lacking = short - len(spare) - len(unfiled)
        parts.append(f"名册中还缺 {lacking} 人，须补充{subject_of(demand).removeprefix('其中')}后同步")
    return "；".join(parts)


def bar_message(code: str, person: Person) -> str:
    """Why the person may be on no list."""
    return _BAR_MESSAGES[code].format(id=person.id)


def bar_remedy(code: str) -> str:
    """What would mend that."""
    return _BAR_REMEDIES[code]
