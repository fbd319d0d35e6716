"""A mapping file: every fault with its line, everything unknown counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from chengguan.exchange.domain.mapping import Fault, Mapping, MappingInvalid, Matter, Unmapped

GOOD = """\
[mapping]
system = "boston311"
title = "波士顿311"

[matter]
"Pothole" = { kind = "component", code = "01001", rule = "7", limit = "2工作日" }
'Snow = ice' = { kind = "matter", code = "02013" }
Test = { ignore = "测试数据" }

[matter."Street. Lamp"]
kind = "component"
code = "01002"

[source]
"Self Service" = "web"
"*" = "hotline"

[unit]
PWDx = "1001"
"""


def test_names_become_ours() -> None:
    mapping = Mapping.parse(GOOD)
    assert (mapping.system, mapping.title) == ("boston311", "波士顿311")
    assert mapping.matter("Pothole") == Matter("component", "01001", "7", {"limit": "2工作日"})
    assert mapping.matter("Snow = ice") == Matter("matter", "02013")
    assert mapping.matter("Street. Lamp") == Matter("component", "01002")
    assert mapping.matter("Test") is None
    assert mapping.value("source", "Self Service") == "web"
    assert mapping.value("source", "whatever") == "hotline"
    assert (mapping.unmapped(), mapping.summary()) == ([], "")


def test_what_is_not_mapped_is_counted() -> None:
    mapping = Mapping.parse(GOOD)
    assert [mapping.matter("Graffiti"), mapping.matter("Graffiti")] == [None, None]
    assert mapping.value("unit", "ISD") is None
    assert mapping.value("nothing", "x") is None
    assert mapping.unmapped() == [
        Unmapped("matter", "Graffiti", 2),
        Unmapped("nothing", "x", 1),
        Unmapped("unit", "ISD", 1),
    ]
    assert mapping.summary().splitlines()[0] == "未对照 matter：Graffiti（2 次）"


def test_every_fault_is_told_with_its_line() -> None:
    text = """\
title = "错"
[mapping]
title = "没有代码"

[matter]
A = { kind = "thing", code = "01001" }
"B \\"b\\"" = { kind = "matter", code = 1001 }
C = { kind = "matter", code = "99999" }
D = "01001"
E = { ignore = "" }
[unit]
fine = "1"
bad = ["1"]
[matter.F]
code = "01001"
"""
    with pytest.raises(MappingInvalid) as refused:
        Mapping.parse(text, known=lambda _, code: code != "99999")
    assert refused.value.faults == [
        Fault(1, "“title”应为表，写在 [title] 之下"),
        Fault(2, "缺少 system（对方系统的代码）"),
        Fault(6, "“A”的 kind 应为 component（部件）、matter（事项）或 service（服务）"),
        Fault(7, '“B "b"”的 code 应为加引号的事项代码'),
        Fault(8, "“C”对照的事项 99999 不在目录中"),
        Fault(9, "“D”应写成 {kind = …, code = …} 或 {ignore = …}"),
        Fault(10, "“E”的 ignore 应写明原因"),
        Fault(13, "[unit] 的“bad”应为文字或数字"),
        Fault(14, "“F”的 kind 应为 component（部件）、matter（事项）或 service（服务）"),
    ]
    assert "第 8 行" in refused.value.message


def test_a_broken_file_names_its_line(tmp_path: Path) -> None:
    place = tmp_path / "m.toml"
    place.write_text('[mapping]\nsystem = "x"\n[matter]\n"a" = = 1\n', encoding="utf-8")
    with pytest.raises(MappingInvalid) as refused:
        Mapping.load(place)
    assert [fault.line for fault in refused.value.faults] == [4]
    assert "m.toml" in refused.value.message
