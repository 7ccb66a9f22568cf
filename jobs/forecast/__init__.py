"""Forecast: what is planned, simulated on the slots that there are. See docs/forecast.md and ADR 64."""
