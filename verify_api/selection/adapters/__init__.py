"""Outside registers of MO-11: over HTTP, and the offline twin."""
