"""高德开放平台 地理编码: https://lbs.amap.com/api/webservice/guide/api/georegeo

GCJ-02, as one text "lng,lat". Empty fields arrive as []. The list `geocodes` may hold several places.
Error codes: https://lbs.amap.com/api/webservice/guide/tools/info
"""

from typing import Any

import geo
from registry.addresses.adapters.http import VendorHttp
from registry.addresses.geocoder import (
    SHENZHEN,
    AddressNotFound,
    City,
    GiveUp,
    Located,
    RetryLater,
    checked_address,
    checked_point,
    doubted,
)

BASE_URL = "https://restapi.amap.com"
# 匹配级别 → confidence. What is not listed is an area, not a point.
_LEVELS = {
    "门牌号": 0.9, "门址": 0.9, "单元号": 0.95, "楼层": 0.95, "房间": 0.95, "兴趣点": 0.85, "住宅区": 0.75,
    "公交地铁站点": 0.6, "道路交叉路口": 0.6, "小巷": 0.5, "道路": 0.4, "村庄": 0.4, "热点商圈": 0.4,
}  # fmt: skip
_AREA = 0.2
_PER_DAY = {"10003", "10044", "10045"}
_BUSY = {"10004", "10010", "10014", "10015", "10016", "10017", "10019", "10020", "10021", "10029", "20003"}
# 3xxxx is documented as 服务响应失败 for a query the engine cannot make sense of.
_NOT_UNDERSTOOD = "3"
# Two answers farther apart than a large building are two places.
_SAME_PLACE_M = 150.0


class AmapGeocoder:
    """高德开放平台."""

    provider = "amap"

    def __init__(self, key: str, *, http: VendorHttp | None = None) -> None:
        """`key` is a key of the kind Web服务."""
        self._key = key
        self._http = http or VendorHttp(BASE_URL)

    def locate(self, address: str, *, city: City = SHENZHEN) -> Located:
        """Find an address; `city` is a preference to the vendor, so what comes back is checked against it."""
        asked = checked_address(address)
        params = {"key": self._key, "address": asked, "city": city.name, "output": "JSON"}
        answer = self._http.get("/v3/geocode/geo", params)
        _check_status(answer)
        places = answer.get("geocodes")
        if not isinstance(places, list) or not all(isinstance(place, dict) for place in places):
            raise RetryLater(code="geocoder_broken_answer")
        if not places:
            raise AddressNotFound
        return _located(places, asked, city)


def _check_status(answer: dict[str, Any]) -> None:
    code = str(answer.get("infocode", ""))
    if str(answer.get("status")) == "1" and code in ("10000", ""):
        return
    if code.startswith(_NOT_UNDERSTOOD):
        raise AddressNotFound
    if code in _PER_DAY:
        raise RetryLater(code="geocoder_quota", retry_after_s=3600)
    if code in _BUSY:
        raise RetryLater(code="geocoder_quota", retry_after_s=60)
    if not code:
        raise RetryLater(code="geocoder_broken_answer")
    raise GiveUp


def _located(places: list[dict[str, Any]], asked: str, city: City) -> Located:
    points = [_point(place) for place in places]
    level = _text(places[0], "level")
    confidence = _LEVELS.get(level, _AREA)
    doubts = []
    if confidence < _LEVELS["住宅区"]:
        doubts.append(f"只精确到{level or '未知级别'}")
    if any(geo.distance_m(points[0], other) > _SAME_PLACE_M for other in points[1:]):
        doubts.append(f"该地址有 {len(points)} 处不同的位置")
    adcode = _text(places[0], "adcode")
    if adcode and not adcode.startswith(city.adcode):
        doubts.append(f"解析结果不在{city.name}")
    found = _text(places[0], "formatted_address") or asked
    return Located(points[0], doubted(confidence, doubts), "amap", level or "未知", found, tuple(doubts))


def _point(place: dict[str, Any]) -> geo.Point:
    lng, _, lat = _text(place, "location").partition(",")
    return checked_point(lng, lat, geo.Datum.GCJ02)


def _text(place: dict[str, Any], name: str) -> str:
    value = place.get(name)
    return value if isinstance(value, str) else ""
