"""Tables that a program makes: whole or not at all, with the caller's code and mend."""

from __future__ import annotations

import pytest

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import Organisation
from chengguan.core.errors import Conflict
from chengguan.registry.domain import imports

pytestmark = pytest.mark.django_db

HEADS = ["代码", "名称", "类别"]
MAKER = Principal.system("试")


def test_a_good_table_is_in(db: None) -> None:
    content = imports.table(HEADS, [["9101", "甲，一", "centre"]])
    run = imports.bring("organisations", "甲.csv", content, {}, MAKER, code="x.table")
    assert (run.error_count, run.file_name) == (0, "甲.csv")
    assert list(Organisation.objects.values_list("code", "name")) == [("9101", "甲，一")]


def test_a_wrong_row_is_named_and_nothing_is_written(db: None) -> None:
    rows = [["9101", "甲", "centre"], ["9101", "", "centre"]]
    with pytest.raises(Conflict, match=r"甲\.csv 有 \d 处错误：第 3 行") as raised:
        imports.bring(
            "organisations", "甲.csv", imports.table(HEADS, rows), {}, MAKER,
            code="x.table", mend="请核对。",
        )  # fmt: skip
    assert (raised.value.code, raised.value.mend) == ("x.table", "请核对。")
    assert Organisation.objects.count() == 0
