"""The registers over HTTP."""
