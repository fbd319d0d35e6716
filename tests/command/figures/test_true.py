"""X42: every figure declared, for several people and windows, equals the rows behind its link."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import factories
import pytest
from django.template import engines
from page_clients import fewest, signed_in, statements

from chengguan.accounts.domain.principal import principal_of
from chengguan.audit.models import Entry
from chengguan.command.figures import words
from chengguan.command.figures.domain.board import Board
from chengguan.command.figures.domain.counting import count_now
from chengguan.command.figures.domain.declared import all_figures
from chengguan.command.figures.domain.figure import DIMENSIONS, CaseFigure, ListFigure, Split
from chengguan.command.templatetags.figures import anchor
from command.busy import Busy, busy_town

from .truth import assert_true, bare_numbers, numbers_of, rows_behind

if TYPE_CHECKING:
    from chengguan.accounts.models import User

pytestmark = pytest.mark.django_db
WINDOWS = ("today", "7d", "90d")


@pytest.fixture
def busy(db: None) -> Busy:
    return busy_town()


def board_of(user: User) -> Board:
    """Ask for every figure there is, in every window it can be counted over."""
    board = Board(principal_of(user))
    for code, figure in all_figures().items():
        if (
            any(board.principal.can(one) for one in getattr(figure, "needs", ("cases.see",)))
            or user.name == "大屏"
        ):
            if isinstance(figure, ListFigure) and not any(
                board.principal.can(n) for n in figure.needs
            ):
                continue
            standing = isinstance(figure, ListFigure) or (
                isinstance(figure, CaseFigure) and not figure.when
            )
            for window in ("now",) if standing else WINDOWS:
                board.ask(code, window=window)
    return board.count()


def page_of(board: Board) -> str:
    return "".join(str(anchor(cell, board.value(cell))) for cell in board.cells)


@pytest.mark.parametrize("who", ["leader", "unit", "wall", "street"])
def test_every_figure_equals_its_rows(busy: Busy, who: str) -> None:
    user = getattr(busy, who, None) or busy.town.city.people[who]
    board = board_of(user)
    assert assert_true(signed_in(user), page_of(board)) == len(board.cells)
    counted = {cell.figure: board.value(cell) for cell in board.cells}
    assert len(counted) >= len([f for f in all_figures().values() if not isinstance(f, ListFigure)])
    if who in ("leader", "wall"):
        assert [
            code
            for code in ("open", "overdue", "closed", "late", "overseen", "suspended")
            if not counted[code]
        ] == []


def test_known_numbers(busy: Busy) -> None:
    board = Board(busy.town.who("leader"))
    board.ask("open", "suspended", "oversight_late").ask(
        "reported", "closed", "judged", "late", "on_time_share", "closing_time", window="90d"
    )
    counts = {cell.figure: board.count().value(cell) for cell in board.cells}
    assert counts == {
        "open": 11,  "suspended": 1, "oversight_late": 1, "reported": 23,
        "closed": 8, "judged": 8, "late": 2, "on_time_share": 75.0, "closing_time": 3300.0,
    }  # fmt: skip


def test_a_wrong_number_is_found(busy: Busy) -> None:
    board = Board(busy.town.who("leader")).ask("open").count()
    cell = board.cells[0]
    with pytest.raises(AssertionError, match="open"):
        assert_true(signed_in(busy.town.city.people["leader"]), str(anchor(cell, 12)))
    assert bare_numbers("<main><p>在办 12 件</p><time>10:00</time></main>") == ["在办 12 件"]
    assert bare_numbers(f"<main>{anchor(cell, 12)}</main>") == []


@pytest.mark.parametrize("by", sorted(DIMENSIONS))
def test_a_split_holds_its_figure_whole(busy: Busy, by: str) -> None:
    user = busy.town.city.people["leader"]
    board = Board(principal_of(user)).ask("open").ask("closed", window="90d")
    board.split("open", by=by).split("closed", by=by, window="90d").count()
    for cell, split in zip(board.cells, board.splits, strict=True):
        parts = board.parts(split)
        assert sum(parts.values()) == board.value(cell)
        for key, count in parts.items():
            assert len(rows_behind(signed_in(user), words.link(split.cell(key)))) == count
            assert words.said(split.cell(key))


def test_days_and_hours_of_a_series_lead_to_their_rows(busy: Busy) -> None:
    user = busy.town.city.people["leader"]
    splits = [
        Split("reported", "day", "90d"),
        Split("reported", "hour", "today"),
        Split("closed", "day", "7d"),
    ]
    counts = count_now(principal_of(user), (), splits)
    for split in splits:
        for key, count in counts.splits[split].items():
            assert len(rows_behind(signed_in(user), words.link(split.cell(key)))) == count
    assert sum(counts.splits[splits[0]].values()) == 23


def test_a_page_costs_two_statements_for_all_its_counts(
    busy: Busy,
) -> None:
    leader = busy.town.who("leader")
    board = (
        Board(leader)
        .ask("open", "overdue", "soon")
        .ask("reported", "filed", "closed", "on_time_share", window="today")
    )
    Board(leader).ask("open").count()
    assert fewest(lambda: board.count(fresh=True)) == 2
    split = Board(leader).split("open", "overdue", by="unit")
    assert fewest(lambda: split.count(fresh=True)) == 1


def test_many_who_see_the_same_are_counted_once(
    busy: Busy,
) -> None:
    first, second = (principal_of(busy.town.city.people[name]) for name in ("leader", "leader2"))
    Board(first).ask("open").count()
    assert fewest(lambda: Board(second).ask("open").count()) == 0


def test_rows_cost_the_same_for_few_and_many(busy: Busy) -> None:
    client = signed_in(busy.town.city.people["leader"])
    few = statements(client, "/figures/oversight_late/rows/")
    many = statements(client, "/figures/open/rows/")
    assert few == many <= 6


def test_a_stranger_sees_no_figure(busy: Busy) -> None:
    client = signed_in(factories.stranger())
    codes = ["open", "on_time_share", "closing_time"]
    assert [client.get(f"/figures/{code}/rows/").status_code for code in codes] == [403] * 3
    assert client.get("/figures/open/rows.csv").status_code == 403


def test_a_wall_names_nobody(busy: Busy) -> None:
    client = signed_in(busy.wall)
    page = client.get("/figures/open/rows/").content.decode()
    assert ("路口东侧" in page, "环湖西一路" in page, "/cases/" in page) == (False, False, False)
    assert "暴露垃圾" in page
    assert client.get("/figures/open/rows.csv").status_code == 403


def test_another_reach_other_numbers(busy: Busy) -> None:
    whole, east = (
        Board(principal_of(user)).ask("open").count().counts[0].values
        for user in (busy.town.city.people["leader"], busy.street)
    )
    assert list(whole.values()) != list(east.values())


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/figures/nothing/rows/", 404),
        ("/figures/open/rows/?window=never", 422),
        ("/figures/open/rows/?window=2026-13-45", 422),
        ("/figures/open/rows/?window=2026-01-01T99", 422),
        ("/figures/open/rows/?window=7d", 422),
        ("/figures/closed/rows/", 422),
        ("/figures/open/rows/?page=0", 422),
        (f"/figures/open/rows/?page={'9' * 5000}", 422),
        (f"/figures/open/rows/?handler={'9' * 40}", 200),
        ("/figures/open/rows/?unit=%00", 422),
        ("/figures/open/rows/?page=2", 200),
        ("/figures/open/rows/?unit=x", 200),
    ],
)
def test_nonsense_is_refused_in_words(busy: Busy, url: str, status: int) -> None:
    assert signed_in(busy.town.city.people["leader"]).get(url).status_code == status


def test_a_guessed_number_tells_no_name(busy: Busy) -> None:
    people = busy.town.city.people
    handler, far = people["handler"], people["other"]

    def names(user: User, asked: User) -> bool:
        answer = signed_in(user).get(f"/figures/closed/rows/?window=90d&handler={asked.pk}")
        return asked.name in answer.content.decode()

    assert names(people["leader"], handler)
    # The wall counts the same cases and names nobody; nobody is named who has none of them.
    assert not names(busy.wall, handler)
    assert not names(people["leader"], far)


def test_the_file_has_all_rows_and_is_noted(busy: Busy) -> None:
    leader = busy.town.city.people["leader"]
    answer = signed_in(leader).get("/figures/open/rows.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert len(text.splitlines()) == 1 + 11
    entry = Entry.objects.filter(action="export").latest("at")
    assert (entry.subject_type, entry.subject_id, entry.detail) == (
        "figure",
        "open",
        {"of": "window=now"},
    )


def test_templates_print_figures_by_the_tag(busy: Busy) -> None:
    board = (
        Board(busy.town.who("leader"))
        .ask("open", "overdue")
        .ask("on_time_share", "on_time", "judged", window="90d")
        .count()
    )
    html = (
        engines["django"]
        .from_string(
            '{% load figures %}<main>{% figure board "open" %}{% figure board "on_time_share" window="90d" %}'
            '（{% figure_sample board "on_time_share" window="90d" %}）{% counted_at board %}</main>'
        )
        .render({"board": board})
    )
    assert Counter(one.code for one in numbers_of(html)) == Counter(
        ["open", "on_time_share", "on_time", "judged"]
    )
    assert bare_numbers(html) == []
    assert "75.0%" in html
    assert (busy.at - board.at) < timedelta(minutes=5)
