"""Tests of secrets: which are declared, lent and hidden, and that nobody finds a canary."""
