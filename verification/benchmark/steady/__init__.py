"""Everything at once: jobs are committed, listed, published, started and recorded at one rate, for as long as asked."""
