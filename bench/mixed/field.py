"""What people in the street and residents do through the API with a token."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlencode

from .desk import place, words
from .somebody import Somebody
from .wire import Answer

_JSON: Final = "application/json"
_SOURCES: Final = {"citizen": "public", "collector": "collector"}
#: After the first two bytes of a JPEG a comment may stand.
_JPEG, _COMMENT = b"\xff\xd8", b"\xff\xfe"


class Field:
    """A person with a token: collector, handler, area chief, resident."""

    def __init__(self, somebody: Somebody) -> None:
        self.me = somebody
        self.office = somebody.office

    async def act(self, name: str) -> None:
        """Do one action of the plan."""
        await {
            "report": self._report,
            "photo": self._photo,
            "task": self._task,
            "list": self._list,
            "look": self._look,
        }[name]()

    async def _report(self, uploads: tuple[str, ...] = ()) -> None:
        me = self.me
        lon, lat = place(me)
        source = _SOURCES.get(me.role.name, "collector")
        body = {
            "source": source,
            "text": words(me),
            "address": f"环湖西一路 {me.chance.randint(1, 899)} 号",
            "lon": lon,
            "lat": lat,
            "kind": "matter",
            "matter_code": me.chance.choice(self.office.orders.city.matters),
            "uploads": list(uploads),
        }
        key = me.next_key()
        sent = json.dumps(body).encode()
        number = await me.write(
            "report",
            lambda: me.caller.ask("POST", "/api/v1/reports", sent, _JSON, {"Idempotency-Key": key}),
            entry="report",
            key=key,
            read=lambda answer: (str(_json(answer)["number"]), 1),
        )
        self.office.recent.append(number)

    async def _photo(self) -> None:
        """Report with a photograph: begin, send, finish, report."""
        me = self.me
        picture = afresh(self.office.orders.photo, me.chance.getrandbits(64))
        new = json.dumps({"name": "现场.jpg", "size": len(picture)}).encode()
        begun = _json(await me.post("upload_begin", "/api/v1/files/uploads", new, _JSON))
        path = f"/api/v1/files/uploads/{begun['id']}"
        await me.post(
            "upload", path, picture, "application/octet-stream",
            method="PATCH", headers={"Upload-Offset": "0"},
        )  # fmt: skip
        await me.post("upload_finish", f"{path}/finish", b"{}", _JSON)
        await self._report((str(begun["id"]),))

    async def _task(self) -> None:
        if self.me.role.name == "handler":
            await self._handle()
        else:
            await self._verify()

    async def _handle(self) -> None:
        asked = {"handler": self.me.person.user_id, "state": "handling", "sort": "due", "size": 20}
        rows = await self._listed(asked)
        if not rows:
            return
        number = str(self.me.chance.choice(rows)["number"])
        await self.me.reads("list")
        await self.me.get("api_case", f"/api/v1/cases/{number}")
        await self.me.reads("form")
        await self._act(number, "submit_handling", {"note": "已清理"})

    async def _verify(self) -> None:
        """Answer what a desk has asked for; else look at what is open in the own street."""
        waiting = self.office.tasks[self.me.person.user_id]
        if not waiting:
            await self._list()
            return
        verb, number = waiting.popleft()
        await self.me.get("api_case", f"/api/v1/cases/{number}")
        await self.me.reads("form")
        answer = "submit_verification" if verb == "request_verification" else "submit_check"
        good = "true" if verb == "request_verification" else "solved"
        bad = "false" if verb == "request_verification" else "unsolved"
        finding = good if self.me.chance.random() < 0.95 else bad
        await self._act(number, answer, {"finding": finding})

    async def _act(self, number: str, verb: str, data: dict[str, Any]) -> None:
        key = self.me.next_key()
        sent = json.dumps({"verb": verb, "data": data}).encode()
        path = f"/api/v1/cases/{number}/act"
        await self.me.write(
            "verb",
            lambda: self.me.caller.ask("POST", path, sent, _JSON, {"Idempotency-Key": key}),
            entry="verb",
            key=key,
            number=number,
            verb=verb,
            read=lambda answer: (number, int(_json(answer)["seq"])),
        )

    async def _list(self) -> None:
        street = self.me.person.area
        asked: dict[str, Any] = {"open": "true", "sort": "due"}
        if self.me.chance.random() < 0.5:
            asked = {"state": "closed", "opened_from": f"{self.office.orders.city.today}T00:00:00Z"}
        await self._listed(asked | ({"area": street} if street else {}))

    async def _look(self) -> None:
        asked = {"open": "true", "area": self.me.person.area} if self.me.person.area else {}
        rows = await self._listed(asked)
        if rows:
            await self.me.reads("list")
            number = str(self.me.chance.choice(rows)["number"])
            await self.me.get("api_case", f"/api/v1/cases/{number}")

    async def _listed(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        answer = await self.me.get("api_list", f"/api/v1/cases?{urlencode(asked)}")
        rows: list[dict[str, Any]] = _json(answer)["rows"]
        return rows


def afresh(picture: bytes, number: int) -> bytes:
    """Give the JPEG with a comment of its own: no two uploads are one file."""
    said = f"{number:016x}".encode()
    return _JPEG + _COMMENT + (len(said) + 2).to_bytes(2, "big") + said + picture[2:]


def _json(answer: Answer) -> dict[str, Any]:
    found = json.loads(answer.body)
    assert isinstance(found, dict)
    return found
