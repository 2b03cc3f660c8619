"""Staff pages and their JSON API. Calls services, holds no rules."""
