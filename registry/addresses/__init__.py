"""From a registered address to a point on the map: geocoders, and the versions of a point they propose."""
