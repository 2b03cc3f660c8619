"""What a geocoder is to us: an address in, a point with its datum and an honest confidence out.

A geocoder proposes; a person of the bureau confirms on a map (SZ-30a). Failures are sorted by who must act:
`AddressNotFound` (staff set the point by hand), `RetryLater` (nobody: ask again), `GiveUp` (the operator:
key, quota plan, permission).
"""

from dataclasses import dataclass
from typing import Protocol

import geo
from registry.errors import DakaError, Invalid, NotFound, Unavailable

# From here on a proposal is good enough to be shown as settled; staff still confirm it.
CONFIDENT = 0.7
_ADDRESS_MAX = 200


class AddressInvalid(Invalid):
    """The address is blank, or far too long to be one."""

    code = "address_invalid"
    message = "注册地址为空或过长，无法查找位置"


class AddressNotFound(NotFound):
    """The vendor knows no such place."""

    code = "address_not_found"
    message = "地图服务没有找到该地址"
    hint = "请在地图上手工标定注册地址的位置"


class RetryLater(Unavailable):
    """Time-out, overload, a used-up rate or a broken answer: the same call may succeed later."""

    code = "geocoder_unavailable"
    message = "地图服务暂时不可用，请稍后重试"
    hint = "也可以在地图上手工标定注册地址的位置"


class GiveUp(DakaError):
    """The vendor refused: key, permission or paid quota. Only the operator can help."""

    code = "geocoder_refused"
    message = "地图服务拒绝了请求，请联系系统管理员检查密钥和配额"
    hint = "也可以在地图上手工标定注册地址的位置"


@dataclass(frozen=True, slots=True)
class City:
    """Where addresses without a city are to be looked for; `adcode` is how its 行政区划代码 begin."""

    name: str
    adcode: str
    province: str = ""

    def is_named_by(self, address: str) -> bool:
        """Whether the address begins with this city, with or without 省 and 市 (a 深圳大道 is a road)."""
        province = self.province.removesuffix("省")
        rest = address.removeprefix(province).removeprefix("省") if province else address
        return rest.startswith(self.name.removesuffix("市"))


SHENZHEN = City("深圳市", "4403", "广东省")


@dataclass(frozen=True, slots=True)
class Located:
    """A proposed point.

    `level` is the vendor's own word for how exact it is (门牌号, 道路 …). `confidence` is 0…1 on our scale;
    `doubts` are sentences for staff saying what lowers it.
    """

    point: geo.Point
    confidence: float
    provider: str
    level: str
    address: str
    doubts: tuple[str, ...] = ()

    @property
    def is_doubtful(self) -> bool:
        """Whether staff have to find the point themselves rather than only look at it."""
        return self.confidence < CONFIDENT


class Geocoder(Protocol):
    """Whatever finds addresses."""

    def locate(self, address: str, *, city: City = SHENZHEN) -> Located:
        """Find an address.

        Raises AddressInvalid, AddressNotFound, RetryLater or GiveUp.
        """


def checked_address(address: str) -> str:
    """The address without surrounding or doubled blanks. Raises AddressInvalid."""
    clean = " ".join(address.split())
    if not clean or len(clean) > _ADDRESS_MAX:
        raise AddressInvalid
    return clean


def with_city(address: str, city: City) -> str:
    """The address with the city in front, unless it begins with it."""
    return address if city.is_named_by(address) else city.name + address


def checked_point(lng: object, lat: object, datum: geo.Datum) -> geo.Point:
    """The vendor's degrees as a point in China, else RetryLater: such an answer is broken, not a place."""
    try:
        x, y = float(lng), float(lat)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise RetryLater(code="geocoder_broken_answer") from None
    # NaN fails every comparison and so ends here as well.
    if not (73.0 <= x <= 136.0 and 3.0 <= y <= 54.0):
        raise RetryLater(code="geocoder_broken_answer")
    return geo.Point(x, y, datum)


def doubted(confidence: float, doubts: list[str]) -> float:
    """Any doubt puts a proposal below what counts as settled."""
    return min(confidence, 0.5) if doubts else confidence
