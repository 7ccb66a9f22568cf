"""Checks of the doctor, by what they look at. jobs/doctor/table.py names each."""
