"""Working calendars by code and revision, as the pure core needs them.

A clock names the revision it runs on ("city@3"), so that folding old events never depends on
what the calendar says today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from chengguan.core.errors import NotFound
from chengguan.core.worktime import Calendar
from chengguan.store.cache import revised

from ..models import CalendarRevision
from .calendar_content import build

REVISION = "workflow.calendars"


def revision_name(code: str, revision: int) -> str:
    """Return the name by which clocks refer to one revision of a calendar."""
    return f"{code}@{revision}"


class Calendars(Mapping[str, Calendar]):
    """All revisions of all calendars; each is built when it is first asked for."""

    def __init__(
        self, builders: Mapping[str, Callable[[], Calendar]], newest: Mapping[str, str]
    ) -> None:
        self._builders = builders
        self._newest = newest
        self._built: dict[str, Calendar] = {}

    @classmethod
    def of(cls, **calendars: Calendar) -> Calendars:
        """Take built calendars by code; each must be named `code@revision`."""
        found = cls({}, {code: calendar.name for code, calendar in calendars.items()})
        found._built = {calendar.name: calendar for calendar in calendars.values()}
        return found

    def add(self, calendar: Calendar, *, newest_of: str = "") -> None:
        """Take one more built calendar; for previews of a change and for tests."""
        self._built[calendar.name] = calendar
        if newest_of:
            self._newest = {**self._newest, newest_of: calendar.name}

    def with_newest(self, code: str, calendar: Calendar) -> Calendars:
        """Return the same calendars with `calendar` as the newest revision of `code`."""
        changed = Calendars(self._builders, self._newest)
        changed._built = dict(self._built)
        changed.add(calendar, newest_of=code)
        return changed

    def newest(self, code: str) -> Calendar:
        """Return the newest revision of a calendar.

        Raises:
            NotFound: there is no such calendar.
        """
        name = self._newest.get(code)
        if name is None:
            raise NotFound(
                "workflow.calendar",
                f"没有工作日历“{code}”。",
                mend="请先导入工作日历，再办理需要计时的事项。",
            )
        return self[name]

    def __getitem__(self, name: str) -> Calendar:
        found = self._built.get(name)
        if found is None:
            found = self._built[name] = self._builders[name]()
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._built or name in self._builders

    def __iter__(self) -> Iterator[str]:
        return iter({**self._builders, **self._built})

    def __len__(self) -> int:
        return len({**self._builders, **self._built})


@revised(REVISION)
def all_calendars() -> Calendars:
    """Return every revision of every calendar, from the cache of this process."""
    builders: dict[str, Callable[[], Calendar]] = {}
    newest: dict[str, str] = {}
    stored = CalendarRevision.objects.order_by("number").values_list(
        "calendar__code", "number", "content"
    )
    for code, number, content in stored:
        name = newest[code] = revision_name(code, number)
        builders[name] = partial(build, name, content)
    return Calendars(builders, newest)


def calendar(code: str) -> Calendar:
    """Return the newest revision of a calendar.

    Raises:
        NotFound: there is no such calendar.
    """
    return all_calendars().newest(code)
