"""How fast jobs may be created: who is limited, and what is left. Limits delay, they never lose a job."""

from jobs.budgets.admission import Admission, admission_of
from jobs.budgets.gcra import Allowance
from jobs.budgets.refusals import TooFast, TooMany

__all__ = ["Admission", "Allowance", "TooFast", "TooMany", "admission_of"]
