"""An empty page says what to do next: wherever there is nothing, a second sentence leads on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from chengguan.config import paths

_TEMPLATES: Final = ("command/templates", "cases/templates")
_EMPTY: Final = re.compile(r'<(section|div) class="empty">(.*?)</\1>', re.DOTALL)


def test_nothing_is_empty_without_a_way_on() -> None:
    found = [
        (file.name, block)
        for folder in _TEMPLATES
        for file in sorted((Path(paths.ROOT) / "src/chengguan" / folder).rglob("*.html"))
        for _, block in _EMPTY.findall(file.read_text(encoding="utf-8"))
    ]
    assert len(found) > 25
    assert [one for one in found if "empty-mend" not in one[1]] == []
