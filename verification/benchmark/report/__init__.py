"""What a round has shown: for a person, and for a program."""
