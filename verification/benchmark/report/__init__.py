"""Report of a round: for a person, and for a program."""
