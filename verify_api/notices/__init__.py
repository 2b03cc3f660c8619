"""文书: numbered, frozen, rendered, signed; replaced or rescinded, never changed."""
