"""What people read on a page."""

from __future__ import annotations

import html
import re
from typing import Any


def text(response: Any) -> str:
    """The words of a page, with single spaces between them."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", response.content.decode())).split())
