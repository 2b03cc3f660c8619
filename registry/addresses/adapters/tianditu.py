"""国家地理信息公共服务平台 天地图 地理编码: http://lbs.tianditu.gov.cn/server/geocodinginterface.html

CGCS2000. The query is JSON in the parameter `ds`; degrees and `score` may arrive as text. `status` "0" found,
"101" nothing found, "404" failed. A key of the browser's kind is answered with HTTP 403 and
`{"code":301012,"msg":"权限类型错误","resolve":…}`: a server needs a key of the kind 服务端.
"""

import json
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

BASE_URL = "https://api.tianditu.gov.cn"
_POINT_LEVELS = ("门址", "门牌", "兴趣点", "POI", "地名地址", "标准地址", "楼")
_RELIABLE = 80


class TiandituGeocoder:
    """天地图."""

    provider = "tianditu"

    def __init__(self, key: str, *, http: VendorHttp | None = None) -> None:
        """`key` is a `tk` of the kind 服务端."""
        self._key = key
        self._http = http or VendorHttp(BASE_URL)

    def locate(self, address: str, *, city: City = SHENZHEN) -> Located:
        """Find an address. There is no field for the city, so it is put in front."""
        asked = with_city(checked_address(address), city)
        query = json.dumps({"keyWord": asked}, ensure_ascii=False)
        answer = self._http.get("/geocoder", {"ds": query, "tk": self._key})
        _check_status(answer)
        location = answer.get("location")
        if not isinstance(location, dict):
            raise RetryLater(code="geocoder_broken_answer")
        return _located(location, asked)


def _check_status(answer: dict[str, Any]) -> None:
    status = str(answer.get("status", ""))
    if status == "0":
        return
    if status == "101":
        raise AddressNotFound
    if "code" in answer and not status:  # The gateway's refusal, which some nodes send with HTTP 200.
        raise GiveUp
    raise RetryLater


def _located(location: dict[str, Any], asked: str) -> Located:
    point = checked_point(location.get("lon"), location.get("lat"), geo.Datum.CGCS2000)
    level, score = str(location.get("level") or ""), _score(location.get("score"))
    doubts = []
    if not any(word in level for word in _POINT_LEVELS):
        doubts.append(f"只精确到{level or '未知级别'}")
    if score is None:
        doubts.append("天地图没有给出匹配得分")
    elif score < _RELIABLE:
        doubts.append(f"天地图的匹配得分为 {score:.0f}（满分 100）")
    confidence = doubted(0.0 if score is None else max(0.0, min(100.0, score)) / 100, doubts)
    found = str(location.get("keyWord") or asked)
    return Located(
        point,
        confidence,
        "tianditu",
        level or "未知",
        found if isinstance(found, str) else asked,
        tuple(doubts),
    )


def _score(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
