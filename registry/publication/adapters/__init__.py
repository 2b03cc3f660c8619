"""Targets over HTTP."""
