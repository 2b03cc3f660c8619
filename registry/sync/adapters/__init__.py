"""The upstream library over HTTP."""
