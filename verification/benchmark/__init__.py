"""The punctuality exercise as a command: its workload, its qualification, its scores, and what they cost."""
