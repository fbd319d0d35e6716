"""The large case: six hundred thousand villages, without geometry."""

from __future__ import annotations

import pytest

from chengguan.accounts.domain.principal import Principal
from chengguan.registry.domain.imports import apply, check
from chengguan.registry.models import Area

pytestmark = pytest.mark.django_db


def test_small_then_again_is_unchanged(town: None, keeper: Principal, tmp_path: object) -> None:
    import io

    text = "代码,名称\n310115100003,三社区\n310115100004,四社区\n"
    run = check("areas", io.BytesIO(text.encode()), {}, keeper, name="a.csv")
    assert (run.status, run.errors, run.added, run.rows) == ("checked", [], 2, 2)
    done = apply(run.pk, keeper)
    assert done.status == "applied"
    assert Area.objects.get(code="310115100003").parent_code == "310115100"
    again = check("areas", io.BytesIO(text.encode()), {}, keeper, name="a.csv")
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
