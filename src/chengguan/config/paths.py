"""Where things lie on this machine: the project, its variable data, the built page assets.

A source checkout keeps everything under its own `var/` (git-ignored); an installed
package uses `CHENGGUAN_VAR`, or `var/` in the directory it is started from.
"""

import os
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[3]

#: The project directory: the checkout, or the current directory of an installed package.
ROOT = _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else Path.cwd()

#: Everything the running system writes.
VAR = Path(os.environ.get("CHENGGUAN_VAR") or ROOT / "var").absolute()

#: Output of `npm run build`; never committed, and part of the program, wherever VAR is.
ASSETS = ROOT / "var" / "assets"
