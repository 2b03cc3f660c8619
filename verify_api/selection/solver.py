"""The provably smallest list (CP-SAT, exact). Pure: the same question always has the same answer.

People who count toward the same demands are interchangeable but for preferences. They are grouped, and within
a group taken by id, so the model has one integer per group instead of one truth value per person. In the
objective the number of people outweighs specialty shortfalls, which outweigh the preferences in the order
given: the optimum of the weighted sum is the lexicographic optimum.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from typing import assert_never

from ortools.sat.python import cp_model

from registry.errors import Invalid, Unavailable
from verify_api.selection.cover import Cover, Covers, counting, covers, valid_registrations
from verify_api.selection.notes import notes
from verify_api.selection.rules import UnknownPerson, faults, tally
from verify_api.selection.shortages import missing
from verify_api.selection.values import ItemTally, Person, Reason, SelectionInput, Warning
from verify_api.selection.words import listed

NEAR_EXPIRY_DAYS = (90, 180)
EXACT_INTEGERS = 2**53
SOLVER = f"OR-tools CP-SAT {version('ortools')}"
# (presolve, work) of each try, in CP-SAT's own unit of work, which does not depend on the machine's load.
TRIES = ((False, 0.5), (True, 10.0))


class Preference(StrEnum):
    """Ties between equally short lists are broken by these, in the order given."""

    FILES = "files"  # certificate files already uploaded
    OPEN_CASE = "open_case"  # not used in another open case
    EXPIRY = "expiry"  # registrations near their end last


DEFAULT_PREFERENCES = (Preference.FILES, Preference.OPEN_CASE, Preference.EXPIRY)


class ContradictoryPlan(Invalid):
    """Somebody must be on the list and must not."""

    code = "contradictory_plan"


class PlanUndecided(Unavailable):
    """The solver could not prove an optimum. No list is given rather than a perhaps longer one."""

    code = "plan_undecided"
    message = "未能证明最少人选，请减少资质项后重试"


@dataclass(frozen=True, slots=True)
class Proof:
    """Why no shorter list exists: the solver's lower bound on the number of people equals the count."""

    lower_bound: int
    status: str
    solver: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A smallest list."""

    people: tuple[str, ...]
    count: int
    per_item: dict[str, ItemTally]
    warnings: tuple[Warning, ...]
    proof: Proof


@dataclass(frozen=True, slots=True)
class Infeasible:
    """No list of this roster is enough; `shortages` is an irredundant set of what is missing."""

    shortages: tuple[Reason, ...]
    warnings: tuple[Warning, ...] = ()


@dataclass(frozen=True, slots=True)
class _Group:
    """Interchangeable people in order of id; `cost` one number per preference."""

    mask: int
    cost: tuple[int, ...]
    people: tuple[str, ...]


def plan(
    given: SelectionInput,
    must: Sequence[str] = (),
    exclude: Sequence[str] = (),
    preferences: Sequence[Preference] = DEFAULT_PREFERENCES,
) -> Plan | Infeasible:
    """A smallest list with all of `must` and none of `exclude`, or what is missing.

    A missing certificate file does not keep a person off the plan, since it can still be uploaded: it is a
    preference and a warning. Raises UnknownPerson, ContradictoryPlan, PlanUndecided.
    """
    known = {person.id: person for person in given.people}
    _refuse_contradictions(known, must, exclude)
    both = covers(given)
    leads = [i.technical_lead for i in given.items if i.technical_lead in known]
    forced = tuple(sorted({*must, *(lead for lead in leads if lead is not None)}))
    free = tuple(sorted(set(both.ready.masks) - set(forced) - set(exclude)))
    unmet = (
        *faults(given, both.ready, known, forced),
        *_excluded_leads(given, set(exclude)),
        *missing(given, both.ready, (*forced, *free)),
    )
    if unmet:
        return Infeasible(unmet, notes(given, both, (), complete=False))
    people = {p: known[p] for p in free}
    chosen, proof = _solve(given, both.ready, forced, people, tuple(preferences))
    # The plan counts people whose files are still to come; each of them is named in a warning of its own.
    ready = Covers(both.ready, both.ready)
    warnings = (*notes(given, ready, chosen, complete=False), *_unfiled(given, [known[p] for p in chosen]))
    return Plan(chosen, len(chosen), tally(given, both.ready, chosen), warnings, proof)


def _refuse_contradictions(known: dict[str, Person], must: Iterable[str], exclude: Iterable[str]) -> None:
    for person in (*must, *exclude):
        if person not in known:
            raise UnknownPerson(f"人员 {person} 不在所给人员中")
    both = sorted(set(must) & set(exclude))
    if both:
        raise ContradictoryPlan(f"人员 {both[0]} 不能同时为必选和排除")


def _excluded_leads(given: SelectionInput, exclude: set[str]) -> Iterator[Reason]:
    for item in given.items:
        lead = item.technical_lead
        if lead is not None and lead in exclude:
            message = f"{item.code}：技术负责人 {lead} 必须参加打卡，不能排除"
            yield Reason("technical_lead_excluded", item.code, 1, 0, message, (lead,), f"取消排除 {lead}")


def _unfiled(given: SelectionInput, chosen: list[Person]) -> Iterator[Warning]:
    lacking = tuple(p.id for p in chosen if _cost(p, given, Preference.FILES))
    if lacking:
        message = f"{listed(lacking)} 尚有计入的证书未上传文件，提交前须上传"
        yield Warning("certificate_file_missing", None, message, lacking)


def _cost(person: Person, given: SelectionInput, preference: Preference) -> int:
    match preference:
        case Preference.FILES:
            full = counting(person, given, files_needed=False)
            return int(counting(person, given, files_needed=True) != full)
        case Preference.OPEN_CASE:
            return int(person.in_open_case)
        case Preference.EXPIRY:
            ends = [r.valid_to for r in valid_registrations(person, given) if r.valid_to]
            left = (min(ends) - given.on).days if ends else None
            return sum(left is not None and left <= limit for limit in NEAR_EXPIRY_DAYS)
    assert_never(preference)


def _groups(
    given: SelectionInput,
    ready: Cover,
    people: dict[str, Person],
    needs: dict[int, int],
    preferences: tuple[Preference, ...],
) -> list[_Group]:
    """The people who can serve an open need, grouped; more than the greatest need are never used."""
    open_bits = sum(1 << index for index in needs)
    gathered: dict[tuple[int, tuple[int, ...]], list[str]] = {}
    for name, person in people.items():
        mask = ready.masks[name]
        if mask & open_bits:
            cost = tuple(_cost(person, given, one) for one in preferences)
            gathered.setdefault((mask, cost), []).append(name)
    groups = []
    for (mask, cost), names in sorted(gathered.items()):
        most = max(need for index, need in needs.items() if mask >> index & 1)
        groups.append(_Group(mask, cost, tuple(names[:most])))
    return groups


def _weights(most: int, soft: int, worst: list[int]) -> list[int]:
    """Weights of count, specialty shortfall and each preference, every one above all that follow together.

    `most` people can be taken; `worst` is the greatest cost per preference. Preferences for which there is no
    room left in numbers that a double holds exactly get weight 0, the last first.
    """
    kept = len(worst)
    while True:
        weights: list[int] = []
        below = 0
        for total in [*(most * cost for cost in reversed(worst[:kept])), soft, most]:
            weights.insert(0, below + 1)
            below += (below + 1) * total
        if below < EXACT_INTEGERS or kept == 0:
            return weights + [0] * (len(worst) - kept)
        kept -= 1


def _solve(
    given: SelectionInput,
    ready: Cover,
    forced: tuple[str, ...],
    people: dict[str, Person],
    preferences: tuple[Preference, ...],
) -> tuple[tuple[str, ...], Proof]:
    open_needs = {}
    for index, demand in enumerate(ready.demands):
        left = demand.need - len(ready.people(index, forced))
        if left > 0:
            open_needs[index] = left
    hard = {i: need for i, need in open_needs.items() if ready.demands[i].is_hard}
    if not hard:
        return forced, Proof(len(forced), "forced", "none needed")
    groups = _groups(given, ready, people, hard, preferences)
    soft = {i: need for i, need in open_needs.items() if i not in hard}
    picked, bound = _minimise(groups, hard, soft)
    chosen = tuple(sorted((*forced, *picked)))
    if any(len(ready.people(i, chosen)) < ready.demands[i].need for i in hard):
        raise PlanUndecided
    return chosen, Proof(len(forced) + bound, "optimal", SOLVER)


def _minimise(groups: list[_Group], hard: dict[int, int], soft: dict[int, int]) -> tuple[list[str], int]:
    """Chosen people and the proven lower bound on their number."""
    most = min(sum(hard.values()), sum(len(group.people) for group in groups))
    worst = [max(costs) for costs in zip(*(group.cost for group in groups), strict=True)]
    weights = _weights(most, sum(soft.values()), worst)
    model = cp_model.CpModel()
    taken = [model.new_int_var(0, len(group.people), "") for group in groups]
    for index, need in hard.items():
        model.add(sum(x for x, g in zip(taken, groups, strict=True) if g.mask >> index & 1) >= need)
    terms = [
        x * (weights[0] + sum(w * c for w, c in zip(weights[2:], g.cost, strict=True)))
        for x, g in zip(taken, groups, strict=True)
    ]
    for index, need in soft.items():
        short = model.new_int_var(0, need, "")
        model.add(sum(x for x, g in zip(taken, groups, strict=True) if g.mask >> index & 1) + short >= need)
        terms.append(short * weights[1])
    model.minimize(sum(terms))
    solver = _solved(model)
    picked = [p for x, g in zip(taken, groups, strict=True) for p in g.people[: solver.value(x)]]
    return picked, round(solver.best_objective_bound) // weights[0]


def _solved(model: cp_model.CpModel, tries: Sequence[tuple[bool, float]] = TRIES) -> cp_model.CpSolver:
    """The solver with a proven optimum. Raises PlanUndecided.

    The relaxation of a covering model is nearly always tight, and then presolve costs ten times what it
    saves; only a model that withstands the first try is presolved. One worker, a fixed seed and limits in the
    solver's own unit of work: the same question has the same answer on any machine under any load.
    """
    for presolve, limit in tries:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.cp_model_presolve = presolve
        solver.parameters.max_deterministic_time = limit
        if solver.solve(model) == cp_model.OPTIMAL:
            return solver
    raise PlanUndecided
