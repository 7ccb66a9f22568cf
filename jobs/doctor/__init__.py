"""Doctor of an installation: it looks at all that jobs depend on, and says of each how it is and what to do."""

from jobs.doctor.examination import examine
from jobs.doctor.report import Report
from jobs.doctor.table import CHECKS

__all__ = ["CHECKS", "Report", "examine"]
