"""The verification service: one folder per noun."""
