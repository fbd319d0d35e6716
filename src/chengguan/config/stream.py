"""The live stream's process: `granian --interface asgi chengguan.config.stream:application`.

One process holds all listeners of a machine; several machines each run one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chengguan.notify.live.application import Stream


def _application() -> Stream:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengguan.config.settings")
    import django

    django.setup()
    # Models can be imported only once Django is set up.
    from chengguan.notify.live.application import Stream

    return Stream()


application = _application()
