"""资质标准 (personnel part) as data: who is required for a 资质项 on a day, from which clause, how surely."""

from datetime import date

from registry.standards.catalogue import standards
from registry.standards.rules import requirement_of
from registry.standards.values import Basis, ItemRequirement

__all__ = ["Basis", "ItemRequirement", "requirement", "standards"]


def requirement(category: str, grade: str, on: date, basis: Basis = Basis.LOWEST_GRADE) -> ItemRequirement:
    """What the standard demands of `category` `grade` on `on`, from the data of this version.

    Raises UnknownCategory or UnknownGrade. Unknown numbers are None and listed in `blocks`.
    """
    return requirement_of(standards(), category, grade, on=on, basis=basis)
