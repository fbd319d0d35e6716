"""What people do at pages: look through lists, open cases, take the next step of what waits for them."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from . import seeing
from .signing import FORM
from .somebody import Refused, Somebody
from .wire import Answer, form

_STRAYS: Final = 0.1
_FRAGMENT: Final = {"HX-Request": "true"}
_STATES: Final = ("awaiting_dispatch", "awaiting_handling", "handling", "closed")
_SOURCES: Final = ("hotline", "public", "collector", "video")
#: What a desk does first of what it is offered, and how often it does (else the next is looked at).
_STEPS: Final[dict[str, tuple[tuple[str, float], ...]]] = {
    "acceptor": (
        ("void", 0.03),
        ("request_verification", 0.15),
        ("file", 1.0),
        ("request_check", 0.15),
        ("close", 1.0),
        ("refuse_close", 1.0),
    ),
    "dispatcher": (("rework", 0.03), ("dispatch", 1.0), ("forward", 1.0)),
    "clerk": (("return_to_dispatcher", 0.02), ("assign", 1.0), ("confirm_handled", 1.0)),
}


class Desk:
    """A person at a desk, signed in by a session."""

    def __init__(self, somebody: Somebody) -> None:
        self.me = somebody
        self.office = somebody.office

    async def act(self, name: str) -> None:
        """Do one action of the plan."""
        await {
            "work": self._work,
            "list": self._list,
            "search": self._search,
            "home": self._home,
            "look": self._look,
            "report": self._report,
        }[name]()

    async def _work(self) -> None:
        page = await self._listed("mine", {"mine": "1"})
        number = self._taken(seeing.numbers(page))
        if not number:
            return
        await self.me.reads("list")
        offered = seeing.offers(await self._case(number))
        verb = self._chosen(offered)
        if not verb:
            return
        await self.me.reads("case")
        path = f"/cases/{number}/verbs/{verb}/"
        shown = (await self.me.get("verb_form", path, headers=_FRAGMENT)).text
        said, person = self._said(verb, shown)
        await self.me.reads("form")
        said |= {name: value for name, value in seeing.hidden(shown).items() if name not in said}
        seen = seeing.seq(shown)
        await self.me.write(
            "page_verb",
            lambda: self.me.caller.ask("POST", f"{path}act/", form(said), FORM, _FRAGMENT),
            entry="verb",
            number=number,
            verb=verb,
            via="page",
            good=(204, 302),
            read=lambda _: (number, seen + 1),
        )
        if person:
            self.office.tasks[person].append((verb, number))
        await self._case(number)

    def _taken(self, waiting: list[str]) -> str:
        """Choose a case of the list, "" for none.

        Colleagues see the same list and share it by number, as desks do; one time in ten somebody
        takes what falls to another, and sometimes both take it.
        """
        place, colleagues = self.office.turn_of(self.me.person)
        own = [one for one in waiting if int(one[-5:]) % colleagues == place]
        if self.me.chance.random() < _STRAYS:
            own = waiting
        return self.me.chance.choice(own) if own else ""

    async def _list(self) -> None:
        chance = self.me.chance
        street = chance.choice(list(self.office.orders.city.boxes))
        filters: list[dict[str, str]] = [
            {"open": "1"},
            {"state": chance.choice(_STATES), "source": chance.choice(_SOURCES), "sort": "-opened"},
            {"light": "red", "kind": "matter"},
            {"open": "0", "area": self.me.person.area or street},
            {"matter": chance.choice(self.office.orders.city.matters), "sort": "-opened"},
        ]
        await self._listed("list", chance.choice(filters))

    async def _search(self) -> None:
        chance = self.me.chance
        recent = self.office.recent
        words = f"环湖西一路 {chance.randint(1, 899)} 号"
        if recent and chance.random() < 0.5:
            words = chance.choice(recent)
        await self._listed("search", {"words": words})

    async def _home(self) -> None:
        await self.me.get("home", "/")

    async def _look(self) -> None:
        found = seeing.numbers(await self._listed("list", {"open": "0", "sort": "-opened"}))
        if found:
            await self.me.reads("list")
            await self._case(self.me.chance.choice(found))

    async def _report(self) -> None:
        me, city = self.me, self.office.orders.city
        page = (await me.get("report_form", "/cases/new/")).text
        lon, lat = place(me)
        matter = f"matter:{me.chance.choice(city.matters)}"
        asked = urlencode({"lon": lon, "lat": lat, "matter": matter})
        await me.reads("form")
        await me.get("place_hint", f"/cases/new/place/?{asked}", headers=_FRAGMENT)
        hidden = seeing.hidden(page)
        said = hidden | {
            "source": "hotline",
            "text": words(me),
            "address": f"环湖西一路 {me.chance.randint(1, 899)} 号",
            "lon": str(lon),
            "lat": str(lat),
            "matter": matter,
            "reporter_name": "张三",
            "reporter_phone": "13800000000",
        }
        await me.reads("form")
        number = await me.write(
            "page_report",
            lambda: me.caller.ask("POST", "/cases/new/", form(said), FORM, _FRAGMENT),
            entry="report",
            key=hidden.get("key", ""),
            via="page",
            good=(204, 302),
            read=_number_of_redirect,
        )
        self.office.recent.append(number)

    async def _listed(self, kind: str, asked: dict[str, str]) -> str:
        """Open a list as a browser does: the page, and then its count."""
        page = (await self.me.get(kind, f"/cases/?{urlencode(asked)}")).text
        count = seeing.count_path(page)
        if count:
            await self.me.get("count", count, headers=_FRAGMENT)
        return page

    async def _case(self, number: str) -> str:
        """Open a case as a browser does: the page, and then what lies around it."""
        page = (await self.me.get("case", f"/cases/{number}/")).text
        await self.me.get("nearby", f"/cases/{number}/nearby.geojson")
        return page

    def _chosen(self, offered: list[str]) -> str:
        for verb, share in _STEPS.get(self.me.role.name, ()):
            if verb in offered and self.me.chance.random() < share:
                return verb
        return ""

    def _said(self, verb: str, shown: str) -> tuple[dict[str, str], int]:
        """Give what is filled in, and the collector who is sent (0: nobody)."""
        chance = self.me.chance
        if verb in ("request_verification", "request_check"):
            # Only people of this load are told; others of the city have nobody behind them.
            people = [
                one for one in seeing.choices(shown, "person")[0] if int(one) in self.office.tasks
            ]
            if not people:
                raise Refused
            person = chance.choice(people)
            return {"person": person, "note": "请到现场看一下"}, int(person)
        if verb == "dispatch":
            units, chosen = seeing.choices(shown, "unit")
            known = {str(one) for one in self.office.orders.city.units}
            unit = chosen or chance.choice([one for one in units if one in known])
            return {"unit": unit, "override": "就近处置"}, 0
        if verb == "assign":
            return {"handler": chance.choice(self._handlers(shown))}, 0
        return dict(_SAID.get(verb, {"note": "同意"})), 0

    def _handlers(self, shown: str) -> list[str]:
        """Give those who can be chosen and are of this load, else anybody."""
        people = seeing.choices(shown, "handler")[0]
        ours = [one for one in people if int(one) in self.office.handlers]
        return ours or people


_SAID: Final[dict[str, dict[str, str]]] = {
    "file": {"limit": "4工作时", "unverified": "情况明确"},
    "void": {"reason": "repeated", "note": "与前一件相同"},
    "close": {"confirmed": "true"},
    "refuse_close": {"reason": "现场未见整改"},
    "rework": {"reason": "照片看不出已处置"},
    "return_to_dispatcher": {"reason": "不属本单位"},
}


def place(somebody: Somebody) -> tuple[float, float]:
    """Give a point of the person's street, or of any (CGCS2000 degrees)."""
    boxes = somebody.office.orders.city.boxes
    area = somebody.person.area or somebody.chance.choice(list(boxes))
    west, south, east, north = boxes[area]
    uniform = somebody.chance.uniform
    return round(uniform(west, east), 6), round(uniform(south, north), 6)


def words(somebody: Somebody) -> str:
    """Give what is reported."""
    return f"路口东侧有暴露垃圾，约{somebody.chance.randint(1, 9)}平方米，影响通行"


def _number_of_redirect(answer: Answer) -> tuple[str, int]:
    target = answer.headers.get("hx-redirect") or answer.location
    return target.rstrip("/").rpartition("/")[2], 1
