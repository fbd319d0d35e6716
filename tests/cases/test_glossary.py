"""The terms of a procedure are those of the glossary, and the glossary explains them all."""

from __future__ import annotations

import pytest

from chengguan.cases.procedure import PROCEDURE, glossary, shipped_source
from chengguan.config.paths import ROOT
from chengguan.workflow.domain.definition import check
from chengguan.workflow.errors import DefinitionInvalid


def test_every_term_is_explained() -> None:
    explained = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert [term for term in sorted(glossary()) if term not in explained] == []


def test_an_invented_term_is_named_with_its_line() -> None:
    source = shipped_source().replace('title = "待受理"', 'title = "待签收"')
    line = source.splitlines().index('title = "待签收"') + 1
    with pytest.raises(DefinitionInvalid) as raised:
        check(PROCEDURE.code, source)
    assert [(fault.line, "待签收" in fault.message) for fault in raised.value.faults] == [
        (line, True)
    ]
