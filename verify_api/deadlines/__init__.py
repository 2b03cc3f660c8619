"""期限: how the last day of a period is found (民法典 200–204; rules T-01 … T-07)."""
