"""Cells of CSV files: what a spreadsheet would run as a formula, made plain text, and back.

https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import re

RUN_BY_SPREADSHEETS = r"^'*[=+\-@\t\r\n]"
"""What gets an apostrophe in front, as an expression of Python and of DuckDB.

Apostrophes that stand there already count, so that taking one away always gives the text back.
"""
_RUN = re.compile(RUN_BY_SPREADSHEETS)


def spreadsheet_safe(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would run."""
    return f"'{text}" if _RUN.match(text) else text


def restored(cell: str) -> str:
    """The text that `spreadsheet_safe` was given."""
    return cell[1:] if cell.startswith("'") and _RUN.match(cell[1:]) else cell
