"""The filter of the list of jobs as a line of text: `queue:pay state:failed late:>1s`. Another spelling of the filters
in its address, which alone are checked and asked for: the text becomes these, and these become the text."""

from jobs.web.filter_text.reading import LONGEST, Pair, Problem, Text, nearest, read
from jobs.web.filter_text.spelling import spelled
from jobs.web.filter_text.words import HINTS

__all__ = ["HINTS", "LONGEST", "Pair", "Problem", "Text", "nearest", "read", "spelled"]
