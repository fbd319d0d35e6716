"""Sleep by `select`: libfaketime 0.9.10 answers EINVAL to the absolute sleeping of `time.sleep`.

Loaded by Python itself, from PYTHONPATH, in the processes of the drill of the clock only.
"""

import select
import time


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = _sleep
