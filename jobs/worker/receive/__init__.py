"""The way from the broker to the jobs that wait here, and back: messages taken in, acknowledged, handed back."""
