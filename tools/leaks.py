"""Refuse committed files that hold a registry's host, a path of somebody's machine, or a secret.

Looks at what git tracks or would add, text files only, and at the pin files line by line:
those may hold names and versions and nothing else.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_SLASH = "/"
PATTERNS = {
    "registry address": re.compile(
        r"https?://[^\s\"'<>]*(?:registry\.npm|pypi\.org/simple|files\.pythonhosted"
        r"|/simple/|npmmirror|artifactory|/nexus/|mirrors?\.[a-z]+\.(?:com|cn|edu))",
        re.IGNORECASE,
    ),
    "machine path": re.compile(
        r"(?<![\w.:/$}~-])" + _SLASH + r"(?:root|home|work|tmp|Users|opt)" + _SLASH + r"[\w.-]+"
    ),
    "private key": re.compile("-----BEGIN [A-Z ]*PRIVATE KEY" + "-----"),
    "access key": re.compile(r"\b(?:AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}|sk-[A-Za-z0-9]{32,})\b"),
    "password in an address": re.compile(
        r"\b[a-z][a-z0-9+]*://[^\s:/@\"'{}<>]+:[^\s:/@\"'{}<>]{6,}@"
    ),
}
PIN = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[A-Za-z0-9.!+_-]+( ; .*)?|#.*|")
LARGEST = 2_000_000


def main() -> int:
    faults = [fault for path in committed() for fault in faults_of(path)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def committed() -> "list[Path]":
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def faults_of(path: Path) -> "list[str]":
    name = path.relative_to(ROOT).as_posix()
    data = path.read_bytes()
    if len(data) > LARGEST or b"\0" in data[:8000]:
        return []
    faults = []
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        for what, pattern in PATTERNS.items():
            found = pattern.search(line)
            if found:
                faults.append(f"{name}:{number}: {what}: {found.group()[:60]}")
        if name == "constraints.txt" and not PIN.fullmatch(line):
            faults.append(f"{name}:{number}: not a plain pin: {line[:60]}")
        if name == "package-lock.json" and '"resolved"' in line:
            faults.append(f"{name}:{number}: resolved address")
    return faults


if __name__ == "__main__":
    sys.exit(main())
