"""The geocoder an installation has chosen."""

from collections.abc import Callable, Mapping
from enum import StrEnum

import geo
from registry.addresses.adapters.amap import AmapGeocoder
from registry.addresses.adapters.offline import OfflineGeocoder
from registry.addresses.adapters.tencent import TencentGeocoder
from registry.addresses.adapters.tianditu import TiandituGeocoder
from registry.addresses.geocoder import Geocoder


class Provider(StrEnum):
    """The values of the setting `DAKA_GEOCODER`."""

    OFFLINE = "offline"
    TENCENT = "tencent"
    AMAP = "amap"
    TIANDITU = "tianditu"


def make_geocoder(
    provider: Provider | str, key: str = "", *, places: Mapping[str, geo.Point] | None = None
) -> Geocoder:
    """The adapter for a setting. Raises ValueError for an unknown name, or a vendor without a key."""
    provider = Provider(provider)
    if provider is Provider.OFFLINE:
        return OfflineGeocoder(places)
    if not key.strip():
        raise ValueError(f"geocoder {provider.value} needs a key (DAKA_GEOCODER_KEY)")
    vendors: dict[Provider, Callable[[str], Geocoder]] = {
        Provider.TENCENT: TencentGeocoder,
        Provider.AMAP: AmapGeocoder,
        Provider.TIANDITU: TiandituGeocoder,
    }
    return vendors[provider](key.strip())
