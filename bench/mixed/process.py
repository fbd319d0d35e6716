"""A process of the load: `python -m bench.mixed.process driving|hearing FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from .driving import drive, put
from .hearing import hear


def main() -> None:
    """Do the part named first for the folder named second; what it found lies there afterwards."""
    part, folder = sys.argv[1], Path(sys.argv[2])
    if part == "driving":
        put(folder / "driven", asyncio.run(drive(folder)))
    else:
        put(folder / "heard", asyncio.run(hear(folder)))


if __name__ == "__main__":
    main()
