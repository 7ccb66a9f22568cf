"""How the machines of the workers are: what is read of them, the limits they are held against, and drains."""
