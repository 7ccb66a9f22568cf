"""What refusals of REST look like."""

from tests.api.conftest import problem

__all__ = ["problem"]
