"""The project and grade store. Owns the database base; verdicts stand on it and flow back into it."""
