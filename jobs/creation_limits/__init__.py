"""Creation limits, how fast jobs may be created: who is limited, and what is left. They delay, and never lose a job."""

from jobs.creation_limits.allowances import Admission, admission_of, admission_of_link
from jobs.creation_limits.bucket import Allowance
from jobs.creation_limits.errors import TooFast, TooMany

__all__ = ["Admission", "Allowance", "TooFast", "TooMany", "admission_of", "admission_of_link"]
