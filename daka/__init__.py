"""The command line: the one place that may see every part. Holds no rules."""
