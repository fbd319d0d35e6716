"""Where in a scenario's TOML text a field stands, so that an error can name the line."""

from __future__ import annotations

import re

_HEAD = re.compile(r"\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}")
#: Tables of rows that have a code.
_CODED = frozenset({"matters", "units"})
_NUMBERED = re.compile(r"(\w+)\[(\d+)\]")


def line_of(text: str, field: str) -> int | None:
    """Give the line (from 1) of a field such as `collectors.number`, `units.ADS.crews` or
    `matters[3].limit`; that of its table when the key isn't there; None when neither is.
    """
    table, _, key = field.partition(".")
    block = _block(text, table, key)
    if block is None:
        return None
    first, lines = block
    last_key = re.split(r"[.\[]", key)
    for name in (last_key[0], last_key[-1]):
        for number, line in enumerate(lines, first):
            if name and re.match(rf"\s*\"?{re.escape(name)}\"?\s*=", line):
                return number
    return first


def _block(text: str, table: str, key: str) -> tuple[int, list[str]] | None:
    """Find the table, or the one of several that is meant by number or by code."""
    numbered = _NUMBERED.fullmatch(table)
    name, wanted = (numbered[1], int(numbered[2])) if numbered else (table, 0)
    blocks = [one for one in _blocks(text) if one[0] == name]
    if numbered:
        blocks = blocks[wanted - 1 : wanted]
    elif name in _CODED:
        code = key.partition(".")[0]
        coded = re.compile(rf"\s*code\s*=\s*[\"']{re.escape(code)}[\"']")
        blocks = [one for one in blocks if any(coded.match(line) for line in one[2])]
    return blocks[0][1:] if blocks else None


def _blocks(text: str) -> list[tuple[str, int, list[str]]]:
    found: list[tuple[str, int, list[str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        head = _HEAD.match(line)
        if head:
            found.append((head[1], number, []))
        if found:
            found[-1][2].append(line)
    return found
