"""The offline twin: a gazetteer in a file, for demonstrations, tests and networks without a map service.

What the file names is found exactly. Anything else is found no nearer than its district's centre, which is
said and counts as doubtful, so that staff place the point themselves.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geo
from registry.addresses.geocoder import SHENZHEN, AddressNotFound, City, Located, checked_address

# Centres of 深圳's districts, GCJ-02, rounded to about 100 m.
_DISTRICTS = {
    "罗湖": (114.124, 22.555), "福田": (114.051, 22.541), "南山": (113.929, 22.531),
    "宝安": (113.829, 22.755), "龙岗": (114.251, 22.722), "盐田": (114.235, 22.555),
    "龙华": (114.044, 22.692), "坪山": (114.338, 22.694), "光明": (113.936, 22.749),
    "大鹏": (114.480, 22.595),
}  # fmt: skip
_ONLY_DISTRICT = "离线模式只能精确到区，请在地图上标定"


class OfflineGeocoder:
    """A gazetteer of known addresses, with the districts behind it."""

    provider = "offline"

    def __init__(self, places: Mapping[str, geo.Point] | None = None) -> None:
        """`places` maps addresses, as registered, to points."""
        self._places = {_key(address): point for address, point in (places or {}).items()}

    @classmethod
    def from_file(cls, path: Path) -> "OfflineGeocoder":
        """Read `{"address": {"lng": …, "lat": …, "datum": "gcj02"}, …}`; ValueError if it is not that."""
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError(f"{path}: a gazetteer is an object of addresses")
        return cls({address: _point(path, address, place) for address, place in content.items()})

    def locate(self, address: str, *, city: City = SHENZHEN) -> Located:
        """Find an address of the gazetteer, or else its district."""
        asked = checked_address(address)
        point = self._places.get(_key(asked))
        if point is not None:
            return Located(point, 0.9, self.provider, "门址", asked)
        if city.adcode != SHENZHEN.adcode:
            raise AddressNotFound
        for name, (lng, lat) in _DISTRICTS.items():
            if f"{name}区" in asked or f"{name}新区" in asked:
                doubts = ("离线模式只能精确到区，请在地图上标定",)
                return Located(
                    geo.Point(lng, lat, geo.Datum.GCJ02), 0.2, self.provider, "区县", asked, doubts
                )
        raise AddressNotFound


def _key(address: str) -> str:
    """Addresses compare without blanks and without the province and city everybody writes differently."""
    return "".join(address.split()).removeprefix("广东省").removeprefix("深圳市")


def _point(path: Path, address: str, place: Any) -> geo.Point:
    try:
        fence = geo.CircleFence(geo.Point(place["lng"], place["lat"], place["datum"]), 300)
    except (TypeError, KeyError, geo.FenceInvalid) as error:
        raise ValueError(f"{path}: {address}: not a place ({error})") from None
    return fence.center
