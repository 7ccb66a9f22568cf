"""A worker as a process: in the table while it lives, with room for jobs or without, quick to wake."""
