"""An installation after years: what each question takes with few rows and with many."""
