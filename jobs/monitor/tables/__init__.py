"""Tables of jobs: those that people bring, and those that they take out."""
