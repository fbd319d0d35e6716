"""The truth logs of a city's districts as one, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from heapq import merge
from pathlib import Path
from typing import Final

#: A log is canonical JSON with sorted keys: `{"agent":…,"at":123,…}` or `{"at":123,…}`.
_AT: Final = b'"at":'
_BUFFER: Final = 1 << 20


def join(parts: Sequence[Path], whole: Path) -> tuple[str, int]:
    """Write the lines of all parts to `whole`, by their time; of one second the first part's first.

    Gives SHA-256 and the number of lines. The result depends on the parts and their order only.
    """
    digest, count = sha256(), 0
    with whole.open("wb", _BUFFER) as file:
        for _, _, line in merge(*(_timed(path, number) for number, path in enumerate(parts))):
            file.write(line)
            digest.update(line)
            count += 1
    return digest.hexdigest(), count


def _timed(path: Path, part: int) -> Iterator[tuple[tuple[int, int], int, bytes]]:
    # The line's own number keeps lines of one second in the order in which they were written.
    with path.open("rb", _BUFFER) as file:
        for number, line in enumerate(file):
            begin = line.index(_AT) + len(_AT)
            yield (int(line[begin : line.index(b",", begin)]), part), number, line
