"""What the made-up days leave undone: at whatever hour the demo starts, each desk has work.

A simulated night leaves most queues empty. So a last day's reports, marked 模拟 like the rest,
take the places that the stories of the real events have in the procedure.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.domain.intake import NewReport, Refused, take_in_many
from chengguan.cases.enums import Source
from chengguan.cases.models import Case
from chengguan.simulation.model.ground import Ground
from chengguan.simulation.model.scenario import Matter
from chengguan.workflow.domain import Evidence

from .journeys import act_out
from .marks import CLIENT, MARK, marked
from .photos import Album
from .places import Names
from .stories import OPEN
from .telling import Cast, Story

#: All younger than the youngest real event, so that these stay the most urgent of each list.
_HOURS: Final = (0.3, 1.9)
#: So many at most in one place.
_MOST: Final = 2


def fill(
    matters: Sequence[Matter],
    ground: Ground,
    reporters: Sequence[Principal],
    album: Album,
    seed: int,
    now: datetime,
) -> int:
    """Leave a case or two in every place of `stories.OPEN`; gives how many.

    `reporters` are collectors whom no story sends to verify or check.
    """
    chance = random.Random(seed)  # noqa: S311 - a story, no secret
    names = Names()
    cast, told = Cast(), []
    places = [teller for teller, count in OPEN for _ in range(min(count, _MOST))]
    chance.shuffle(places)
    moments = [now - timedelta(hours=chance.uniform(*_HOURS)) for _ in places]
    drawn = [(chance.choice(matters), chance.choice(ground.grids), at) for at in moments]
    news = []
    for number, (matter, grid, at) in enumerate(drawn, 1):
        key, place, point = f"Z{number:04d}", names.place(grid.code), grid.point(chance)
        sketch = album.add(key, "report", at, point, matter.name, place)
        news.append(
            marked(
                NewReport(
                    source=Source.COLLECTOR,
                    client=CLIENT,
                    key=key,
                    text=f"{matter.name}（{MARK}）",
                    at=at,
                    lon=point[0],
                    lat=point[1],
                    kind=matter.kind,
                    matter_code=matter.code,
                    attachments=[Evidence(sketch, f"{MARK}-{key}-report.jpg", role="report")],
                ),
                place,
            )
        )
    taken = take_in_many(news, [chance.choice(reporters) for _ in news])
    for (matter, grid, at), new, one in zip(drawn, news, taken, strict=True):
        if isinstance(one, Refused):
            raise one.error
        case = Case.objects.get(pk=one.case_id)
        place = names.place(grid.code)
        told.append(Story(case, new.key, matter.name, "", cast, now, chance, at, place))
    for story, tell in zip(told, places, strict=True):
        tell(story)
    act_out(told)
    return len(told)
