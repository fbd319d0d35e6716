"""The side navigation: packages declare entries, a person sees those his posts allow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, get_urlconf, reverse

from . import ports


@dataclass(frozen=True)
class Entry:
    """One link. `capability` empty: everybody signed in; several: any of them is enough."""

    title: str
    url_name: str
    group: str
    order: int = 100
    capability: str | tuple[str, ...] = ()
    icon: str = "dot"
    kwargs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Link:
    """An entry as shown: where it leads, and whether the page is under it."""

    title: str
    url: str
    icon: str
    active: bool


@dataclass(frozen=True)
class Group:
    """Links under one heading; `open` where they are shown without being asked for."""

    title: str
    links: tuple[Link, ...]
    open: bool = True


#: So many links stand under each other on a screen of 768 px; groups beyond them are folded.
ROOM: Final = 20

_entries: dict[str, Entry] = {}
_groups: list[str] = []


def register(*entries: Entry) -> None:
    """Add entries; one with the same title in the same group replaces the earlier."""
    for entry in entries:
        _entries[f"{entry.group}/{entry.title}"] = entry
        if entry.group not in _groups:
            _groups.append(entry.group)


def groups_for(request: HttpRequest) -> list[Group]:
    """Return the navigation of the person who asks, groups in the order they were declared."""
    links: dict[str, list[tuple[int, Link]]] = {}
    active = _active(request)
    for key, entry in _entries.items():
        url = _url(entry)
        if url is None or not _may(request, entry.capability):
            continue
        link = Link(entry.title, url, entry.icon, key == active)
        links.setdefault(entry.group, []).append((entry.order, link))
    found: list[Group] = []
    shown = 0
    for name in (one for one in _groups if one in links):
        ordered = tuple(link for _, link in sorted(links[name], key=lambda pair: pair[0]))
        shown += len(ordered)
        here = any(link.active for link in ordered)
        found.append(Group(name, ordered, not found or here or shown <= ROOM))
    return found


def _may(request: HttpRequest, capability: str | tuple[str, ...]) -> bool:
    if not capability:
        return True
    wanted = (capability,) if isinstance(capability, str) else capability
    asker = ports.asker(request)
    return any(asker.can(one) for one in wanted)


def _url(entry: Entry) -> str | None:
    return _address(entry.url_name, entry.kwargs, get_urlconf())


@lru_cache(maxsize=256)
def _address(name: str, kwargs: tuple[tuple[str, str], ...], urlconf: str | None) -> str | None:
    try:
        return reverse(name, urlconf=urlconf, kwargs=dict(kwargs) or None)
    except NoReverseMatch:
        return None


def _active(request: HttpRequest) -> str:
    best, length = "", 0
    for key, entry in _entries.items():
        url = _url(entry)
        if url is None or len(url) <= length:
            continue
        if request.path == url or (url != "/" and request.path.startswith(url)):
            best, length = key, len(url)
    return best
