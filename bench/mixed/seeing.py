"""What a person sees on a page: numbers of cases, offered verbs, choices of a form."""

from __future__ import annotations

import re
from typing import Final

_CASE: Final = re.compile(r'<td class="code"[^>]*><a href="/cases/(\d{19})/"')
_VERB: Final = re.compile(r'data-verb="([a-z_]+)"')
_SEQ: Final = re.compile(r'name="seq" value="(\d+)"')
_SELECT: Final = re.compile(r'<select[^>]* name="([a-z_]+)".*?</select>', re.DOTALL)
_OPTION: Final = re.compile(r'<option value="([^"]+)"( selected)?>')
_HIDDEN: Final = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"')
_COUNT: Final = re.compile(r'hx-get="(/cases/count/[^"]*)"')


def numbers(page: str) -> list[str]:
    """Give the numbers of the cases in a list."""
    return _CASE.findall(page)


def offers(page: str) -> list[str]:
    """Give the verbs that the page of a case offers."""
    return _VERB.findall(page)


def seq(fragment: str) -> int:
    """Give what the case stood at when the form was shown."""
    found = _SEQ.search(fragment)
    return int(found[1]) if found else 0


def choices(fragment: str, name: str) -> tuple[list[str], str]:
    """Give the choices of a select, and the one chosen already ("" for none)."""
    for select in _SELECT.finditer(fragment):
        if select[1] == name:
            found = _OPTION.findall(select[0])
            chosen = next((value for value, mark in found if mark), "")
            return [value for value, _ in found], chosen
    return [], ""


def hidden(page: str) -> dict[str, str]:
    """Give the hidden fields of a page's form."""
    return dict(_HIDDEN.findall(page))


def count_path(page: str) -> str:
    """Give the address a list asks for its count by itself, "" when it asks for none."""
    found = _COUNT.search(page)
    return found[1].replace("&amp;", "&") if found else ""
