"""Forecast against what then happens: a load with overloads in it, forecast beforehand, measured, and compared by the
minute."""
