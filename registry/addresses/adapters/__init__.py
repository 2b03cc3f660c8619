"""The vendors' geocoders over HTTP, and the offline twin."""
