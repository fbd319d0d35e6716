"""On which line of a TOML text a key stands, which `tomllib` does not say."""

from __future__ import annotations

import re
from typing import Final

Path = tuple[str | int, ...]

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=""")
_STRINGS: Final = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')


class Lines:
    """Finds the line of a path such as ("verbs", 3, "form"); text must be valid TOML."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._spans: dict[Path, tuple[int, int]] = {(): (1, max(1, len(self._lines)))}
        self._counts: dict[Path, int] = {}
        self._scan()

    def of(self, path: Path, value: str | None = None) -> int:
        """Return the line of `path`, or of its nearest recorded ancestor.

        With `value`, the first line from there on, within that key, on which the quoted value
        stands: a list may run over many lines.
        """
        while path not in self._spans:
            path = path[:-1]
        first, last = self._spans[path]
        if value is not None:
            for line in range(first, last + 1):
                text = self._lines[line - 1]
                if f'"{value}"' in text or f"'{value}'" in text:
                    return line
        return first

    def _scan(self) -> None:
        prefix: Path = ()
        number = 0
        while number < len(self._lines):
            number += 1
            line = self._lines[number - 1]
            header = _HEADER.match(line)
            if header:
                prefix = self._header(header, number)
                continue
            key = _KEY.match(line)
            if key:
                first, number = number, self._end_of_value(number, line[key.end() :])
                path = prefix + tuple(_parts(key[1]))
                self._spans[path] = (first, number)
                # A table's own span grows with its keys, so that a search may cover it all.
                self._spans[prefix] = (self._spans.get(prefix, (first, 0))[0], number)

    def _header(self, match: re.Match[str], number: int) -> Path:
        path: Path = ()
        parts = _parts(match[2])
        for index, part in enumerate(parts):
            path = (*path, part)
            last = index == len(parts) - 1
            if last and match[1] == "[[":
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
        self._spans[path] = (number, number)
        return path

    def _end_of_value(self, number: int, rest: str) -> int:
        for quotes in ('"""', "'''"):
            if rest.lstrip().startswith(quotes):
                if rest.count(quotes) < 2:
                    while number < len(self._lines) and quotes not in self._lines[number]:
                        number += 1
                    number += 1
                return number
        depth = _depth(rest)
        while depth > 0 and number < len(self._lines):
            depth += _depth(self._lines[number])
            number += 1
        return number


def _depth(text: str) -> int:
    plain = _STRINGS.sub("", text).split("#")[0]
    return sum(plain.count(c) for c in "[{") - sum(plain.count(c) for c in "]}")


def _parts(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in key.split(".")]
