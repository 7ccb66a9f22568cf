"""The type of what must not be shown."""

from jobs.secrets.cleaning import MASK


class Secret(str):
    """A text that is used as any other, but whose repr hides it.

    Lists of settings, pages about errors and dataclasses show values by their repr. `str()` and f-strings give the
    text itself, as a plain str.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)
