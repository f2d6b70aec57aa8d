"""Reads the dates that documents state about themselves."""

import datetime as dt
import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR = r"(?P<year>(?:1\d|20)\d\d)(?!\d)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^\s*(?:D:)?(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?:\D|\d{4,6}|$)",  # PDF and compact ISO
        r"\b(?P<year>\d{4})[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?)(?!\d)",
        rf"\b(?P<day>\d\d?)(?:st|nd|rd|th)?[ -]{_MONTH},?[ -]{_YEAR}",
        rf"\b{_MONTH} (?P<day>\d\d?)(?:st|nd|rd|th)?,? {_YEAR}",
        rf"\b(?P<day>\d\d?)(?:(?P<slash>/)|[-.])(?P<month>\d\d?)[-./]{_YEAR}",
        r"^\s*(?:D:)?(?P<year>\d{4})-?(?P<month>\d\d)(?!\d)",
        rf"\b{_MONTH},? {_YEAR}",
        rf"\b(?<![-/.]){_YEAR}(?![-/.]\d)",
    )
)


def iso_date(stated: str) -> str | None:
    """ISO 8601 date as far as the words fix it (`2012-11-28`, `2018-06`, `2018`); `None` where they fix none."""
    for pattern in _PATTERNS:
        match = pattern.search(stated)
        date = _written(match.groupdict()) if match else None
        if date:
            return date
    return None


def _written(parts: dict[str, str | None]) -> str | None:
    year, month, day = parts["year"] or "", _month(parts.get("month")), int(parts.get("day") or 0)
    if parts.get("slash") and max(month, day) <= len(_MONTHS):
        return year  # 05/06/2012 is a day in May or in June, by the writer's country
    if parts.get("slash") and month > len(_MONTHS):
        month, day = day, month
    try:
        dt.date(int(year), month or 1, day or 1)
    except ValueError:
        return None
    return year + (f"-{month:02}" if month else "") + (f"-{day:02}" if day else "")


def _month(stated: str | None) -> int:
    if not stated:
        return 0
    return int(stated) if stated.isdigit() else _MONTHS.index(stated[:3].lower()) + 1
