"""公示: what anybody may see without logging in."""
