"""Looks of pages for one person: by whose clocks, and in which colours."""
