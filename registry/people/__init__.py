"""人员: people, registrations and titles, and the roster of each enterprise. Read-only here."""
