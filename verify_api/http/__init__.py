"""What every route shares: the session of a request, problem+json, idempotency, security headers."""
