"""The tests every registry gets by being one: a subclass names its resource and makes its rows.

List at 1 and 3 rows with the same literal number of statements, stranger, filter, wrong input,
detail, history, export in each form.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import connection
from django.test.utils import CaptureQueriesContext

if TYPE_CHECKING:
    from django.test import Client

    from chengguan.ui.recipe import Resource


class RecipeContract:
    """Subclasses give `resource_name`, `make(number)` and the words that find row 1 alone."""

    #: session, user, revisions and principal, rows, count; the same for any number of rows.
    list_queries: ClassVar[int] = 5
    resource_name: ClassVar[str]
    words: ClassVar[str]

    def make(self, number: int) -> Any:
        raise NotImplementedError

    @property
    def resource(self) -> Resource:
        from chengguan.registry import resources

        found: Resource = getattr(resources, self.resource_name)
        return found

    def ours(self, client: Client, query: str = "") -> list[str]:
        """Give the addresses of our own rows on the list, in order."""
        listing = client.get(f"{self.resource.url('list')}{query}").context["list"]
        made = set(self._urls)
        return [row.url for row in listing.rows if row.url in made]

    def rows(self, numbers: int) -> list[Any]:
        made = [self.make(number) for number in range(1, numbers + 1)]
        self._urls = [self.resource.url_of(row) for row in made]
        return made

    def queries(self, client: Client) -> int:
        from chengguan.store.cache import forget

        client.get(self.resource.url("list"))
        forget()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(self.resource.url("list")).status_code == 200
        return len(captured)

    def test_list_shows_each_row_once(self, keeper: Client) -> None:
        self.rows(3)
        assert self.ours(keeper) == self._urls

    def test_list_asks_as_much_for_three_rows_as_for_one(self, keeper: Client) -> None:
        self.make(1)
        one = self.queries(keeper)
        self.make(2)
        self.make(3)
        assert (one, self.queries(keeper)) == (self.list_queries, self.list_queries)

    def test_words_find_one_row(self, keeper: Client) -> None:
        self.rows(3)
        assert self.ours(keeper, f"?words={self.words}") == self._urls[:1]

    def test_wrong_filter_is_said_and_nothing_is_shown(self, keeper: Client) -> None:
        self.make(1)
        answer = keeper.get(self.resource.url("list"), {"words": "长" * 61})
        assert answer.status_code == 422
        assert answer.context["list"].rows == []
        assert "筛选条件有误" in answer.content.decode()

    def test_wrong_sort_and_cursor_are_refused(self, keeper: Client) -> None:
        url = self.resource.url("list")
        answers = [keeper.get(url, {"sort": "password"}), keeper.get(url, {"after": "zzz"})]
        assert [answer.status_code for answer in answers] == [422, 422]

    def test_htmx_gets_the_table_alone(self, keeper: Client) -> None:
        self.make(1)
        page = keeper.get(self.resource.url("list"), headers={"HX-Request": "true"})
        assert page.content.decode().strip().startswith('<div class="table-wrap">')

    def test_stranger_is_refused_everywhere(self, stranger: Client) -> None:
        row = self.make(1)
        urls = [
            self.resource.url("list"),
            self.resource.url_of(row),
            self.resource.url("history", getattr(row, self.resource.key)),
            self.resource.url("export", "csv"),
        ]
        if self.resource.place:
            urls += [self.resource.url("map"), self.resource.url("features")]
        if self.resource.importer:
            urls.append(self.resource.url("import"))
        assert {url: stranger.get(url).status_code for url in urls} == dict.fromkeys(urls, 403)

    def test_nobody_is_sent_to_sign_in(self, client: Client, city: Any) -> None:
        answer = client.get(self.resource.url("list"))
        assert (answer.status_code, answer.url.split("?")[0]) == (302, "/login/")  # type: ignore[attr-defined]

    def test_detail_and_history(self, keeper: Client) -> None:
        row = self.make(1)
        detail = keeper.get(self.resource.url_of(row))
        history = keeper.get(self.resource.url("history", getattr(row, self.resource.key)))
        assert (detail.status_code, history.status_code) == (200, 200)
        assert str(row) in detail.content.decode()

    def test_unknown_row_is_not_found(self, keeper: Client) -> None:
        assert keeper.get(self.resource.url("detail", "987654321")).status_code == 404

    def test_csv_export_holds_every_row_and_no_formula(self, keeper: Client) -> None:
        self.rows(3)
        answer = keeper.get(self.resource.url("export", "csv"), {"words": self.words})
        text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        head, *lines = list(csv.reader(io.StringIO(text)))
        assert (len(lines), {len(line) for line in lines}) == (1, {len(head)})

    def test_xlsx_export_can_be_read(self, keeper: Client) -> None:
        import python_calamine

        self.rows(3)
        answer = keeper.get(self.resource.url("export", "xlsx"), {"words": self.words})
        content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        assert len(book.get_sheet_by_index(0).to_python()) == 2

    def test_export_is_in_the_audit(self, keeper: Client) -> None:
        from chengguan.audit.models import Entry

        list(keeper.get(self.resource.url("export", "csv")).streaming_content)  # type: ignore[attr-defined]
        entry = Entry.objects.filter(action="export").latest("at")
        assert (entry.subject_type, entry.detail["form"]) == (self.resource.subject_type, "csv")


class PlacedContract(RecipeContract):
    """The tests of registries whose rows have a place."""

    def test_map_and_features(self, keeper: Client) -> None:
        self.rows(3)
        assert keeper.get(self.resource.url("map")).status_code == 200
        url = self.resource.url("features")
        found = keeper.get(url, {"words": self.words}).json()["features"]
        assert [one["properties"]["url"] for one in found] == self._urls[:1]
        away = keeper.get(url, {"words": self.words, "bbox": "1,1,2,2"}).json()
        assert away["features"] == []
        assert keeper.get(url, {"bbox": "east"}).status_code == 422
