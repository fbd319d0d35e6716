"""The truth log: everything that really happened, as canonical JSON lines.

Times are whole seconds since the first local midnight of the run; no database id is ever in it,
so that two runs with one seed are equal to the byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final

import orjson

_CANONICAL: Final = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
#: What is named within a district; in the log of a city the district's mark stands before it.
_NAMES: Final = ("key", "problem", "parent", "agent")


class TruthLog:
    """Writes lines to a file, or keeps them in memory when there is none.

    `mark` is the district's whose world is told of: names get it, and so are one city's own.
    """

    def __init__(self, path: Path | None = None, mark: str = "") -> None:
        self._mark = mark
        self._file: IO[bytes] | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb")
        self.lines: list[bytes] = []
        self.count = 0
        self._digest = sha256()

    def write(self, what: str, at: int, **said: Any) -> None:
        """Add one line; values are strings, whole numbers, rounded floats, lists of them."""
        if self._mark:
            self._name(said)
        line = orjson.dumps({"what": what, "at": at, **said}, option=_CANONICAL)
        self.count += 1
        self._digest.update(line)
        if self._file is None:
            self.lines.append(line)
        else:
            self._file.write(line)

    def _name(self, said: dict[str, Any]) -> None:
        named = False
        for name in _NAMES:
            if said.get(name):
                said[name] = self._mark + said[name]
                named = True
        if not named and "grid" not in said:
            said["district"] = self._mark.rstrip(".")

    @property
    def digest(self) -> str:
        """SHA-256 of all lines so far."""
        return self._digest.hexdigest()

    def close(self) -> None:
        """End the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def read_truth(path: Path) -> Iterator[dict[str, Any]]:
    """Read a log line by line."""
    with path.open("rb") as file:
        for line in file:
            yield orjson.loads(line)
