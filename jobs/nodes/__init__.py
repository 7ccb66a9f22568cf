"""The machines of the workers: what is read of them, the limits they are held against, and drains."""
