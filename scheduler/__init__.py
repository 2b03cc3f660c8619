"""The clock: an APScheduler process with a table of jobs, nothing else."""
