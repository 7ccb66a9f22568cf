"""Headers of REST: each by its standard, with a sentence for what is wrong with one."""
