"""How many people some qualifications ask for (建市〔2014〕159号), as far as the city needs them.

Written down here on purpose and not read from the service's own standards: the city's rosters are then an
independent example of what the standards say. A test compares the two.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standard:
    """One 资质项: registered and titled people asked for, and the specialties that count."""

    sequence: str
    category: str
    grade: str
    registered: int
    registered_specialties: tuple[str, ...]
    titled: int
    titled_specialties: tuple[str, ...]

    @property
    def title(self) -> str:
        """The full name, e.g. 建筑工程施工总承包三级."""
        return f"{self.category}{self.sequence}{self.grade}"

    def heads(self, *, has_permit: bool) -> int:
        """Fewest people to send when nobody counts twice (SZ-18 with a safety permit, SZ-21 without)."""
        if not has_permit:
            return self.registered + self.titled
        return -(-self.registered // 2) + -(-self.titled // 2)


LIFTING = Standard("专业承包", "起重设备安装工程", "三级", 0, (), 2, ("电气", "机械"))
CONCRETE = Standard("专业承包", "预拌混凝土", "不分等级", 0, (), 4, ("结构", "机械", "电气"))
ANCIENT = Standard("专业承包", "古建筑工程", "三级", 2, ("建筑工程",), 3, ("结构", "风景园林"))
LIGHTING = Standard(
    "专业承包", "城市及道路照明工程", "三级", 2, ("市政公用工程", "机电工程"), 5, ("电气", "自动化", "结构")
)
ENVIRONMENT = Standard("专业承包", "环保工程", "三级", 2, ("机电工程",), 5, ("给排水", "机械", "电气"))
FITTING = Standard(
    "专业承包", "建筑装修装饰工程", "二级", 3, ("建筑工程",), 5, ("结构", "暖通", "给排水", "电气")
)
FIRE = Standard("专业承包", "消防设施工程", "二级", 3, ("机电工程",), 6, ("暖通", "给排水", "电气", "自动化"))
BUILDING = Standard("施工总承包", "建筑工程", "三级", 5, ("建筑工程",), 6, ("结构", "给排水", "电气"))

ALL = (LIFTING, CONCRETE, ANCIENT, LIGHTING, ENVIRONMENT, FITTING, FIRE, BUILDING)
