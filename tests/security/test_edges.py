"""Nonsense in addresses and headers: an honest refusal, no trace in memory, no open file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from accounts.administrators import bureau
from cases.town import Town
from django.test import Client
from factories import organisation, post, user
from page_clients import signed_in
from prometheus_client import REGISTRY

from chengguan.audit.models import Entry
from chengguan.config import backup
from chengguan.files.models import Attachment, Blob

pytestmark = pytest.mark.django_db

Page = Callable[[str], Client]


@pytest.mark.parametrize("key", ["abc", "9" * 40, "1%00", "²"])
@pytest.mark.parametrize("slug", ["rules", "areas"])
def test_a_key_that_can_be_none_is_not_found(page: Page, slug: str, key: str) -> None:
    assert page("keeper").get(f"/registry/{slug}/{key}/").status_code == 404


@pytest.mark.parametrize("key", ["abc", "1%00"])
def test_an_audit_entry_that_can_be_none_is_not_found(key: str) -> None:
    made = bureau()
    client = signed_in(made.user(made.audit))
    assert client.get(f"/audit/entries/{key}/").status_code == 404


# ["\x00","1"], and a list nested deeper than the parser goes.
@pytest.mark.parametrize("cursor", ["WyJcdTAwMDAiLCIxIl0", "W1tb" * 2_000])
def test_a_cursor_that_is_not_ours_is_said_so(page: Page, cursor: str) -> None:
    answer = page("keeper").get(f"/registry/areas/?sort=name&after={cursor}")
    assert answer.status_code == 422


def test_methods_nobody_knows_are_counted_as_one(page: Page) -> None:
    for number in range(3):
        Client().generic(f"XX{number}", "/healthz-not")
    methods = {
        sample.labels["method"]
        for metric in REGISTRY.collect()
        if metric.name == "chengguan_requests"
        for sample in metric.samples
    }
    assert [one for one in methods if one.startswith("XX")] == []
    assert "other" in methods


def test_a_backup_is_nobody_else_s_to_read_while_it_is_written(tmp_path: Path) -> None:
    target = tmp_path / "all.tar"
    seen: list[int] = []

    def look(_: str) -> None:
        seen.extend(path.stat().st_mode & 0o077 for path in tmp_path.glob("*.part"))

    backup.backup(target, progress=look)
    assert seen
    assert set(seen) == {0}
    assert target.stat().st_mode & 0o077 == 0


def test_a_file_out_of_scope_is_not_found_and_audited(town: Town) -> None:
    case = town.report()
    Blob.objects.create(sha256="0" * 64, size=1, media_type="image/jpeg")
    Attachment.objects.create(
        id=7, blob_id="0" * 64, subject_type="case", subject_id=case.pk, name="a.jpg"
    )
    eve = user("别区", organisation("别区"), post("dispatcher"), area_code="310116")
    for path in ("/files/7/", "/files/7/thumb/"):
        assert signed_in(eve).get(path).status_code == 404
    assert signed_in(eve).get("/files/8/").status_code == 404
    refused = Entry.objects.filter(action="files.see", result="refused", actor_id=eve.pk)
    assert [one.subject_id for one in refused] == ["7", "7"]
