"""What people say, written down for each matter: names of things, and words that mean it together.

The file's form is told in docs/users/sayings.md. It is read once a process; `hearing` listens for it.
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from chengguan.core.errors import Invalid

from . import grams

log = logging.getLogger(__name__)

GROUPS: Final = "groups"
SPELT: Final = "spelt"
WHOLE: Final = "whole"
ASKS: Final = "asks"
ALIKE: Final = "alike"
_TABLES: Final = (GROUPS, SPELT, WHOLE, ASKS, ALIKE)
_BAD: Final = "坏"
_KEYS: Final = {"things", "says", "not"}
#: A matter so named is about what is wrong with a thing: the thing alone isn't the matter.
_NEEDS_STATE: Final = re.compile(
    r"(?:异常(?:SOS)?|破损|缺损|不清晰|污损|问题|裸露|脱落|破裂|满溢)$"
)


@dataclass(frozen=True, slots=True)
class Saying:
    """One saying: parts that must all be heard, each by any of its words; weak ones only hint."""

    parts: tuple[frozenset[str], ...]
    weak: bool = False
    #: A thing that was named, with nothing said of its state.
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """The sayings of every matter by name, as the file and the city's own file give them."""

    sayings: Mapping[str, tuple[Saying, ...]]
    against: Mapping[str, frozenset[str]]
    things: Mapping[str, frozenset[str]]
    spelt: Mapping[str, str]
    #: Words in which no shorter word is heard.
    whole: frozenset[str]
    #: A question for the caller, and the matters it tells apart.
    asks: Mapping[str, frozenset[str]]


def parsed(text: str, name: str, base: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Read a file of sayings, joined to those already read; refuses what it can't mean.

    Raises:
        Invalid: not TOML, a key that isn't known, or a group that isn't defined.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(
            "cases.sayings", f"说法表 {name} 读不了：{error}", mend="按 TOML 改正。"
        ) from error
    whole: dict[str, Any] = {key: dict(value) for key, value in (base or {}).items()}
    for key, value in told.items():
        if not isinstance(value, dict):
            raise Invalid(
                "cases.sayings", f"说法表 {name} 的“{key}”不是一节。", mend=f'写成 ["{key}"]。'
            )
        wrong = [part for part, said in value.items() if not isinstance(said, str)]
        if wrong:
            raise Invalid(
                "cases.sayings",
                f"说法表 {name} 的“{key}”中“{'、'.join(wrong)}”不是一段文字。",
                mend="用引号写成一段，词与词之间空一格。",
            )
        own = whole.setdefault(key, {})
        if key in _TABLES:
            joint = "\n" if key == ALIKE else " "
            for word, said in value.items():
                kept = own.get(word) if key != SPELT else None
                own[word] = f"{kept}{joint}{said}" if kept else said
            continue
        unknown = set(value) - _KEYS
        if unknown:
            raise Invalid(
                "cases.sayings",
                f"说法表 {name} 的“{key}”有不认得的“{'、'.join(sorted(unknown))}”。",
                mend="只写 things（东西）、says（说法）、not（不是）。",
            )
        for part, said in value.items():
            own[part] = f"{own.get(part, '')}\n{said}".strip()
    return whole


def compiled(told: Mapping[str, Any]) -> Book:
    """Cut what was read into sayings; refuses a group that isn't there."""
    groups = {f"@{name}": words.split() for name, words in told.get(GROUPS, {}).items()}
    bad = frozenset(map(grams.plain, groups.get(f"@{_BAD}", ())))
    alike = [
        frozenset(map(grams.plain, line.split()))
        for words in told.get(ALIKE, {}).values()
        for line in words.splitlines()
    ]
    matters = {name: entry for name, entry in told.items() if name not in _TABLES}
    things = {name: _words(entry.get("things", "")) for name, entry in matters.items()}
    return Book(
        sayings={
            name: (
                *_of_things(name, things[name], bad),
                *_of_lines(name, entry.get("says", ""), groups, alike),
            )
            for name, entry in matters.items()
        },
        against={name: _words(entry.get("not", "")) for name, entry in matters.items()},
        things=things,
        spelt=dict(told.get(SPELT, {})),
        whole=frozenset().union(*(_words(words) for words in told.get(WHOLE, {}).values())),
        asks={asked: frozenset(names.split()) for asked, names in told.get(ASKS, {}).items()},
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(map(grams.plain, text.split()))


def _of_things(name: str, things: frozenset[str], bad: frozenset[str]) -> Iterator[Saying]:
    if not things:
        return
    needs = bool(_NEEDS_STATE.search(name))
    yield Saying((things,), bare=needs)
    if needs and bad:
        yield Saying((things, bad))


def _of_lines(
    name: str, text: str, groups: Mapping[str, list[str]], alike: Sequence[frozenset[str]]
) -> Iterator[Saying]:
    for line in re.split(r"[\n;；]", text):
        weak = line.strip().endswith("?")
        parts = [_alternatives(part, name, groups) for part in line.strip(" ?").split()]
        if len(parts) > 1:
            # Who says one of them may say another; alone a word must be the very one written.
            parts = [part.union(*(words for words in alike if part & words)) for part in parts]
        if parts:
            yield Saying(tuple(parts), weak=weak)


def _alternatives(part: str, name: str, groups: Mapping[str, list[str]]) -> frozenset[str]:
    found: list[str] = []
    for word in filter(None, part.replace("?", "").split("/")):
        if word.startswith("@") and word not in groups:
            raise Invalid(
                "cases.sayings",
                f"“{name}”用了没有定义的词组“{word}”。",
                mend="在 [groups] 里写上它。",
            )
        found += groups.get(word, [word])
    return frozenset(map(grams.plain, found))


@cache
def book() -> Book:
    """Give the sayings shipped, and the city's own (`CHENGGUAN_SAYINGS`) on top where they can be read."""
    shipped = _shipped()
    try:
        own = _own()
        return compiled(parsed(*own, shipped) if own else shipped)
    except Invalid as error:
        # One wrong line of the city's must not silence the desk; `chengguan doctor` names it.
        log.warning("%s%s", error.message, error.mend or "")
        return compiled(shipped)


def own_sayings(known: Collection[str]) -> tuple[int, list[str]] | None:
    """Check the city's own file: how many matters it speaks of, and the names not among `known`.

    None where there is no such file.

    Raises:
        Invalid: it can't be read, or says something that can't be meant.
    """
    own = _own()
    if own is None:
        return None
    compiled(parsed(*own, _shipped()))
    names = [name for name in tomllib.loads(own[0]) if name not in _TABLES]
    return len(names), [name for name in names if name not in known]


def _shipped() -> dict[str, Any]:
    name = "sayings.toml"
    return parsed((files("chengguan.cases") / "definitions" / name).read_text("utf-8"), name)


def _own() -> tuple[str, str] | None:
    if not settings.CHENGGUAN_SAYINGS:
        return None
    place = Path(settings.CHENGGUAN_SAYINGS)
    try:
        return place.read_text(encoding="utf-8"), place.name
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(
            "cases.sayings",
            f"说法表 {place} 读不了。",
            mend="核对 CHENGGUAN_SAYINGS；文件存为 UTF-8。",
        ) from error
