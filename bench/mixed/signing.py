"""Signing in as people do: the page, its token, name and password, and the cookie that comes back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .somebody import Refused, Somebody
from .wire import form

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
FORM = "application/x-www-form-urlencoded"


def csrf_of(text: str) -> str:
    """Give the CSRF token of a page's form, "" when it has none."""
    found = _TOKEN.search(text)
    return found[1] if found else ""


async def sign_in(somebody: Somebody) -> bool:
    """Sign in; gives whether a session came of it. What is refused has been counted."""
    somebody.due = somebody.office.now()
    try:
        page = await somebody.get("sign_in_page", "/login/")
        said = {
            "csrfmiddlewaretoken": csrf_of(page.text),
            "login": somebody.person.username,
            "password": somebody.office.orders.password,
        }
        await somebody.post("sign_in", "/login/", form(said), FORM, good=(302,))
    except Refused:
        return False
    return "sessionid" in somebody.caller.cookies


def cookies_of(people: Sequence[Somebody]) -> dict[int, dict[str, str]]:
    """Give the cookies of those who signed in, by person, for whoever listens in their name."""
    return {one.person.number: dict(one.caller.cookies) for one in people if one.caller.cookies}
