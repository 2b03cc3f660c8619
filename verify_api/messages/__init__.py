"""短信: an outbox row first, the provider later, the carrier's receipt last."""
