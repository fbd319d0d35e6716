"""Holds every number of a page against the rows behind it, as the person who sees the page.

`numbers_of` reads the figures off the HTML, `rows_behind` fetches every page behind one, and
`bare_numbers` gives what stands on the page as a number and is no figure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from statistics import median
from typing import TYPE_CHECKING, Final

from chengguan.cases.models import Case
from chengguan.command.figures.domain.declared import figure_of
from chengguan.command.figures.domain.figure import Median, Share

if TYPE_CHECKING:
    from django.test import Client

_FIGURE: Final = re.compile(
    r'<a class="figure[^"]*" href="([^"]+)"[^>]*data-figure="([^"]+)" data-window="([^"]+)" data-value="([^"]*)"'
)
_VOID: Final = {"input", "img", "br", "meta", "link", "hr", "path", "line", "rect", "circle", "use"}
#: What a number may stand in without being counted: times, case numbers, words of people.
_FREE: Final = {"time", "script", "style", "svg", "option", "select", "title"}


@dataclass(frozen=True)
class Shown:
    """A figure as it stands on a page."""

    url: str
    code: str
    window: str
    value: float | None


def numbers_of(html: str) -> list[Shown]:
    return [
        Shown(unescape(url), code, window, float(value) if value else None)
        for url, code, window, value in _FIGURE.findall(html)
    ]


def rows_behind(client: Client, url: str) -> list[str]:
    """Give the case numbers (or the lines) on all pages of a figure's rows."""
    found: list[str] = []
    following: str | None = url
    while following is not None:
        answer = client.get(following)
        assert answer.status_code == 200, (following, answer.status_code)
        html = answer.content.decode()
        body = html.partition("<tbody>")[2].partition("</tbody>")[0]
        found += [_name(row) for row in body.split("<tr")[1:]]
        more = re.search(r'rel="next" href="([^"]+)"', html)
        following = url.partition("?")[0] + unescape(more[1]) if more else None
    return found


def assert_true(client: Client, html: str) -> int:
    """Hold every figure on a page against its rows; gives how many there were."""
    shown = numbers_of(html)
    for one in dict.fromkeys(shown):
        figure = figure_of(one.code)
        if isinstance(figure, Share):
            part, whole = (
                len(rows_behind(client, one.url.replace(one.code, code, 1)))
                for code in (figure.part, figure.whole)
            )
            true = round(100 * part / whole, 6) if whole else None
        elif isinstance(figure, Median):
            true = _middle(rows_behind(client, one.url.replace(one.code, figure.of, 1)), figure)
        else:
            rows = rows_behind(client, one.url)
            assert len(set(rows)) == len(rows), f"{one.code} counts a row twice"
            true = len(rows)
        assert one.value == true, f"{one.url} shows {one.value}, behind it are {true}"
    return len(shown)


def bare_numbers(html: str) -> list[str]:
    """Give the texts inside <main> that hold a digit and are neither a figure nor free."""
    reader = _Reader()
    reader.feed(html)
    return reader.found


def _name(row: str) -> str:
    number = re.search(r"\d{19}", row)
    return number[0] if number else re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip()


def _middle(numbers: list[str], figure: Median) -> float | None:
    cases = Case.objects.filter(number__in=numbers).values_list(figure.since, figure.until)
    spans = [(until - since).total_seconds() for since, until in cases]
    return round(median(spans), 6) if spans else None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        free = (
            tag in _FREE
            or "data-figure" in given
            or "data-not-counted" in given
            or bool({"code", "light", "counted-at"} & set(classes))
        )
        self._open.append((tag, free or bool(self._open and self._open[-1][1])))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = any(tag == "main" for tag, _ in self._open)
        if inside and not self._open[-1][1] and re.search(r"\d", data):
            self.found.append(data.strip())
