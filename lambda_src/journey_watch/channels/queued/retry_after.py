"""The header by which a server says when to come back."""

import re


def retry_after_seconds(header: str | None, *, most: float) -> float | None:
    """From one second to `most`; None if the header has no number: HTTP allows dates too, hardly anybody uses them."""
    if header is None or not re.fullmatch(r"\d{1,9}", header.strip()):
        return None
    return min(max(1.0, float(header)), most)
