"""诚信: the credit file of an enterprise, public bad records, and sampling re-checks."""
