"""A workbook that would fill the memory is refused before it is opened."""

from __future__ import annotations

import io
import zipfile

import pytest

from chengguan.accounts.domain.principal import Principal
from chengguan.registry.domain import imports
from chengguan.registry.models import ImportRun

pytestmark = pytest.mark.django_db

_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(cells: str, *, dimension: str = "") -> bytes:
    """Give a workbook of one sheet, by hand: no library would write such a one."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_RELS}"><Relationship Id="rId1" '
            f'Type="{_DOC}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_RELS}"><Relationship Id="rId1" '
            f'Type="{_DOC}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="{_MAIN}">{dimension}<sheetData>{cells}</sheetData></worksheet>',
        )
    return out.getvalue()


def row(number: int, *cells: tuple[str, str]) -> str:
    written = "".join(
        f'<c r="{column}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for column, text in cells
    )
    return f'<row r="{number}">{written}</row>'


SYSTEM = Principal.system("测试")
HEAD = row(1, ("A", "机构代码"), ("B", "机构名称"), ("C", "类别"))


def check(content: bytes) -> ImportRun:
    return imports.check("organisations", io.BytesIO(content), {}, SYSTEM, name="a.xlsx")


@pytest.mark.parametrize(
    "far",
    [
        row(1_048_576, ("XFD", "y")),
        row(1_000, ("XFD", "y")),
        row(300_002, ("A", "y")),
        "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
    ],
)
def test_a_cell_far_away_is_refused_without_making_room_for_it(far: str) -> None:
    run = check(workbook(HEAD + far))
    assert run.status == "refused"
    assert "工作表" in run.errors[0]["message"]


def test_cells_that_say_no_place_are_counted() -> None:
    many = "<row><c><v>1</v></c></row>" * 4_000
    assert check(workbook(HEAD + many)).status == "refused"


def test_a_size_that_is_a_lie_is_damage() -> None:
    content = bytearray(workbook(HEAD + row(2, ("A", "X1"))))
    # The uncompressed size of the last entry, the sheet, in the central directory.
    entry = content.rfind(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    run = check(bytes(content))
    assert (run.status, run.errors[0]["message"]) == ("refused", "XLSX 文件已损坏。")


@pytest.mark.parametrize("other", ["content.xml", "xl/workbook.bin"])
def test_a_book_of_two_kinds_is_refused(other: str) -> None:
    out = io.BytesIO(workbook(HEAD))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(other, "x")
    run = check(out.getvalue())
    assert (run.status, "不是 XLSX" in run.errors[0]["message"]) == ("refused", True)


def test_an_ordinary_one_is_read() -> None:
    content = workbook(HEAD + row(2, ("A", "X1"), ("B", "环卫所"), ("C", "专业部门")))
    run = check(content)
    assert (run.status, run.rows, run.errors) == ("checked", 1, [])
