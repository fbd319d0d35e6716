"""axe-core in a page: what of WCAG 2 A and AA a machine can see."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from chengguan.config import paths

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: minor and moderate are told by axe for advice; these two keep somebody out.
GRAVE: Final = ("serious", "critical")
_RUN: Final = """async () => {
  const found = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"] });
  return found.violations.map((one) => ({
    rule: one.id, impact: one.impact, where: one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)),
  }));
}"""


def grave(page: Page) -> list[str]:
    """Give the serious and critical findings on the page as it stands, a line each."""
    # Evaluated by the debugger, which the page's content security policy does not bind.
    page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(_RUN)
    return [
        f"{one['rule']}: {where}"
        for one in found
        if one["impact"] in GRAVE
        for where in one["where"]
    ]


@cache
def _source() -> str:
    place = paths.ROOT / "node_modules" / "axe-core" / "axe.min.js"
    return place.read_text(encoding="utf-8") + "; undefined"
