"""变更日志: a permanent, hash-chained log of everything that changed in the store."""
