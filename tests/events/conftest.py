import logging

import pytest


class Lines(logging.Handler):
    """Keeps the records of the logger `jobs`, which does not propagate, and so of all rooms."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.records = []

    def emit(self, record):
        self.records.append(record)

    def of(self, logger, level=logging.INFO):
        return [one for one in self.records if one.name == logger and one.levelno >= level]

    def texts(self, logger="jobs.attempts", level=logging.INFO):
        return [one.getMessage() for one in self.of(logger, level)]


@pytest.fixture
def lines():
    """What the log gets, as `lines.texts(logger)`."""
    handler, logger = Lines(), logging.getLogger("jobs")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
