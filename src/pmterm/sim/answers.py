"""REST answers: JSON bodies, pages and cursors."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from aiohttp import web

Row = TypeVar("Row")


def answer(body: Any, status: int = 200) -> web.Response:
    """Return a JSON answer."""
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json"
    )


def page(rows: Sequence[Row], cursor: str, limit: int) -> tuple[list[Row], str]:
    """Return one page and the cursor of the next, "" on the last.

    A cursor that is none of ours begins anew, as Kalshi was seen to do (2026-06).
    """
    try:
        start = int(base64.urlsafe_b64decode(cursor.encode())) if cursor else 0
    except (ValueError, binascii.Error):
        start = 0
    end = start + limit
    following = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(rows) else ""
    return list(rows[start:end]), following


def whole_number(text: str, usual: int) -> int:
    """Read a query's number, `usual` if it is absent or none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 13 else usual
