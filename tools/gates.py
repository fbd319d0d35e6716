"""Run every gate and say which failed: `make check`.

All run even when one fails, so that one run shows everything there is to mend.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
SCREENS = sorted(str(path) for path in (ROOT / "src").rglob("templates/**/*.html"))
PYTHON = ["src", "tests", "tools", *(n for n in ("bench", "drill") if (ROOT / n).is_dir())]

GATES: dict[str, list[str | Path]] = {
    "ruff check": [BIN / "ruff", "check", *PYTHON],
    "ruff format": [BIN / "ruff", "format", "--check", *PYTHON],
    "mypy": [BIN / "mypy"],
    "import-linter": [BIN / "lint-imports", "--no-logo"],
    "djade": [BIN / "djade", "--target-version", "5.2", "--check", *SCREENS],
    "makemigrations": [BIN / "chengguan", "manage", "makemigrations", "--check", "--dry-run"],
    "sizes": [BIN / "python", "tools/sizes.py"],
    "leaks": [BIN / "python", "tools/leaks.py"],
    "house": [BIN / "pytest", "-q", "tests/config/test_house.py"],
    "typescript": ["node_modules/.bin/tsc", "--noEmit"],
}


def main() -> int:
    chosen = sys.argv[1:] or list(GATES)
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    failed = []
    for name in chosen:
        begun = time.monotonic()
        command = [str(part) for part in GATES[name]]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        good = done.returncode == 0
        print(f"{'✓' if good else '✗'} {name}（{time.monotonic() - begun:.1f} 秒）", flush=True)
        if not good:
            failed.append(name)
            print((done.stdout + done.stderr).rstrip(), flush=True)
    if failed:
        print("未通过：" + "、".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
