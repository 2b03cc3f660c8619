"""Accounts: who somebody is, how they prove it, and what an enterprise confirms before its first task."""
