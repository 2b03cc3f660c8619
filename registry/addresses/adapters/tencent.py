"""腾讯位置服务 地址解析: https://lbs.qq.com/service/webService/webServiceGuide/address/Geocoder

GCJ-02. `reliability` 1…10 (reliable from 7 on), `level` 1…11 (a point from 9 on: 门址, 小区、大厦, POI).
Status codes: https://lbs.qq.com/service/webService/webServiceGuide/status
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
    with_city,
)

BASE_URL = "https://apis.map.qq.com"
_LEVELS = {
    1: "城市", 2: "区、县", 3: "乡镇、街道", 4: "村、社区", 5: "开发区", 6: "热点区域、商圈",
    7: "道路", 8: "道路附属点", 9: "门址", 10: "小区、大厦", 11: "POI点",
}  # fmt: skip
_POINT_LEVEL = 9
_RELIABLE = 7
_PER_SECOND, _PER_DAY = 120, 121
_NOTHING_FOUND = {347, 393}


class TencentGeocoder:
    """腾讯位置服务."""

    provider = "tencent"

    def __init__(self, key: str, *, http: VendorHttp | None = None) -> None:
        """`key` is a WebService key whose IP white list holds this server."""
        self._key = key
        self._http = http or VendorHttp(BASE_URL)

    def locate(self, address: str, *, city: City = SHENZHEN) -> Located:
        """Find an address. The vendor refuses addresses without a city, so it is put in front."""
        asked = with_city(checked_address(address), city)
        answer = self._http.get("/ws/geocoder/v1/", {"key": self._key, "address": asked, "output": "json"})
        _check_status(answer.get("status"))
        result = answer.get("result")
        if not isinstance(result, dict) or not isinstance(result.get("location"), dict):
            raise RetryLater(code="geocoder_broken_answer")
        return _located(result, asked, city)


def _check_status(status: Any) -> None:
    if status == 0:
        return
    if status in _NOTHING_FOUND:
        raise AddressNotFound
    if status in (_PER_SECOND, _PER_DAY):
        raise RetryLater(code="geocoder_quota", retry_after_s=1 if status == _PER_SECOND else 3600)
    if isinstance(status, int) and 100 <= status < 400:  # Key, permission and request: ours to mend.
        raise GiveUp
    raise RetryLater


def _located(result: dict[str, Any], asked: str, city: City) -> Located:
    point = checked_point(result["location"].get("lng"), result["location"].get("lat"), geo.Datum.GCJ02)
    level, reliability = _whole(result.get("level")), _whole(result.get("reliability"))
    doubts = []
    if level < _POINT_LEVEL:
        doubts.append(f"只精确到{_LEVELS.get(level, '未知级别')}")
    if reliability < _RELIABLE:
        doubts.append(f"腾讯位置服务的可信度为 {reliability}（满分 10，7 以上较为准确）")
    info = result.get("ad_info")
    adcode = str(info.get("adcode") or "") if isinstance(info, dict) else ""
    if adcode and not adcode.startswith(city.adcode):
        doubts.append(f"解析结果不在{city.name}")
    confidence = doubted(max(0, min(10, reliability)) / 10, doubts)
    return Located(point, confidence, "tencent", _LEVELS.get(level, "未知"), asked, tuple(doubts))


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
