"""Refuse files over 400 lines and functions over 60: past that, split by verb.

Migrations are left out. A table of the few that may be longer, each with its reason, is
`ALLOWED`; an entry that is no longer needed is an error too.
"""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE_LINES = 400
FUNCTION_LINES = 60
FOLDERS = ("src", "tests", "tools", "bench", "drill")
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "base", "manager", "services"}
ALLOWED: "dict[str, str]" = {
    "src/chengguan/store/backend/base.py": "Django finds a database backend under this name only",
}


def main() -> int:
    faults: list[str] = []
    seen: set[str] = set()
    for path in sources():
        for key, fault in faults_of(path):
            seen.add(key)
            if key not in ALLOWED:
                faults.append(fault)
    faults += [
        f"{key}: no longer too long; take it out of ALLOWED" for key in ALLOWED.keys() - seen
    ]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def sources() -> "list[Path]":
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def faults_of(path: Path) -> "list[tuple[str, str]]":
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text(encoding="utf-8")
    faults = []
    lines = text.count("\n")
    if lines > FILE_LINES:
        faults.append((name, f"{name}: {lines} lines, at most {FILE_LINES}"))
    if path.stem in FORBIDDEN_NAMES:
        faults.append((name, f"{name}: name it after what it does"))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                key = f"{name}:{node.name}"
                faults.append((key, f"{key}: {length} lines, at most {FUNCTION_LINES}"))
    return faults


if __name__ == "__main__":
    sys.exit(main())
