"""Profile: where the processor is while a steady load runs, by samples of each process, and what looking costs."""
