"""A workbook that would fill the memory is refused before it is opened."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from chengguan.accounts.domain.principal import Principal
from chengguan.registry.domain import imports
from chengguan.registry.models import ImportRun

pytestmark = pytest.mark.django_db

_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(cells: str, *, dimension: str = "", strings: str = "", after: str = "") -> bytes:
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
            f'<worksheet xmlns="{_MAIN}">{dimension}'
            f"<sheetData>{cells}</sheetData>{after}</worksheet>",
        )
        if strings:
            archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">{strings}</sst>')
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


def referring(rows: int, name: str = "c") -> str:
    return HEAD + "".join(
        f'<row r="{n}">'
        + "".join(f'<{name} r="{c}{n}" t="s"><v>0</v></{name}>' for c in "ABCDEFGHIJ")
        + "</row>"
        for n in range(2, rows + 2)
    )


def _one_long_string() -> bytes:
    return workbook(referring(40_000), strings=f"<si><t>{'长' * 10_000}</t></si>")


def _one_long_string_hidden() -> bytes:
    # A parser sees one string; the brackets in the attribute are no tags.
    short = '<si x="&gt;><si>"><t>' + "长" * 10_000 + "</t></si>"
    return workbook(referring(40_000), strings=short)


def _millions_of_strings() -> bytes:
    return workbook(HEAD + row(2, ("A", "X1")), strings="<si><t>ab</t></si>" * 3_200_000)


def _a_gigabyte_of_nothing() -> bytes:
    out = io.BytesIO(workbook(HEAD))
    with (
        zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(1_000):
            part.write(b" " * (1 << 20))
    return out.getvalue()


def _hidden_cells() -> bytes:
    # What looks like placed cells stands within a comment; the true ones say no place.
    said = "<!--" + '<c r="A1"/>' * 20_000 + "-->" + "<row>" + "<x:c/>" * 16_000 + "</row>"
    return workbook(HEAD + said + '<row r="290000"><c r="A290000"><v>1</v></c></row>')


def _many_sheets() -> bytes:
    out = io.BytesIO(workbook(referring(2), strings="<si><t>a</t></si>"))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(2_100):
            archive.writestr(f"xl/worksheets/more{number}.xml", "<worksheet/>")
    return out.getvalue()


def _merged_over_and_over() -> bytes:
    return workbook(
        HEAD + row(200_000, ("C", "z")),
        after="<mergeCells>" + '<mergeCell ref="A2:C199999"/>' * 20_000 + "</mergeCells>",
    )


_READ = """
import resource, sys
from pathlib import Path
from chengguan.core.workbooks.limits import Limits, WorkbookError
from chengguan.core.workbooks.reading import read_first
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
bounds = Limits(rows=300_000, cells=6_000_000, unpacked=384 << 20, strings=3_000_000, text=256 << 20)
try:
    read_first(Path(sys.argv[1]), bounds)
    said = "read"
except WorkbookError as error:
    said = error.message + error.mend
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, said)
"""


@pytest.mark.parametrize(
    ("bomb", "said"),
    [
        (_one_long_string, "文字展开后超过 256 MB"),
        (_one_long_string_hidden, "文字展开后超过 256 MB"),
        (_millions_of_strings, "文字超过 3000000 条"),
        (_a_gigabyte_of_nothing, "展开后超过 384 MB"),
        (_hidden_cells, "过大"),
        (_many_sheets, "已损坏"),
        (_merged_over_and_over, "互相重叠"),
    ],
)
def test_a_bomb_is_refused_in_little_memory(
    tmp_path: Path, bomb: Callable[[], bytes], said: str
) -> None:
    place = tmp_path / "a.xlsx"
    place.write_bytes(bomb())
    assert place.stat().st_size < 5 << 20

    # A process of its own: memory is measured, and a bomb that goes off kills nothing else.
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(place)], capture_output=True, text=True, check=True
    )
    megabytes, answer = done.stdout.split(" ", 1)

    assert said in answer
    assert int(megabytes) < 150


def test_nothing_else_opens_a_workbook() -> None:
    source = Path(__file__).parents[2] / "src" / "chengguan"
    opening = {
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if "CalamineWorkbook" in path.read_text(encoding="utf-8")
    }
    assert opening == {"core/workbooks/reading.py"}
