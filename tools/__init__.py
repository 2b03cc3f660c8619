"""Tools for set-up, tests and benches. Nothing here runs in the service."""
