"""The time-lapse: a small city over eighteen simulated months, driven through the HTTP API."""
