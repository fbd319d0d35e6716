"""Which scene a matter has, painted once for each variant, state and light."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Final

from PIL import Image

from . import ground, stages, trade, upright, waste
from .brush import Brush

Stage = Callable[[Brush], None]
Sight = Callable[[Brush, bool], None]

#: How many different pictures of one matter there are.
VARIANTS: Final = 5
#: Tints by light: what each of red, green and blue is multiplied by.
LIGHTS: Final[dict[str, tuple[float, float, float]]] = {
    "clear": (1.0, 1.0, 1.0),
    "cloudy": (0.88, 0.92, 0.96),
    "evening": (0.98, 0.84, 0.70),
    "night": (0.40, 0.44, 0.58),
}
#: The first whose word the matter's name holds; the order matters: 渣土车 is no 渣土.
SIGHTS: Final[tuple[tuple[str, Stage, Sight], ...]] = (
    ("小广告", stages.wall, upright.adverts),
    ("散发广告", stages.street, waste.litter),
    ("外立面", stages.wall, upright.stains),
    ("烟感", stages.wall, upright.detector),
    ("横幅", stages.street, upright.banner),
    ("标语", stages.street, upright.banner),
    ("广告", stages.street, upright.board),
    ("牌匾", stages.street, upright.board),
    ("井盖", stages.road, ground.manhole),
    ("箅子", stages.street, ground.grating),
    ("积水", stages.road, ground.puddle),
    ("排水", stages.road, ground.puddle),
    ("污水、废水", stages.road, ground.puddle),
    ("路缘石", stages.street, ground.kerb),
    ("台阶", stages.street, ground.kerb),
    ("道路破损", stages.road, ground.pothole),
    ("塌陷", stages.road, ground.pothole),
    ("护栏", stages.road, ground.railing),
    ("扬尘", stages.works, ground.dust),
    ("渣土车", stages.road, trade.lorry),
    ("渣土运输", stages.road, trade.lorry),
    ("渣土", stages.works, waste.rubble),
    ("废弃料", stages.works, waste.rubble),
    ("物料", stages.works, waste.rubble),
    ("工地", stages.works, waste.rubble),
    ("施工", stages.works, upright.blocked),
    ("海岸线垃圾", stages.water, waste.floating),
    ("水域", stages.water, waste.floating),
    ("河道", stages.water, waste.floating),
    ("遗撒", stages.road, waste.spill),
    ("不洁", stages.street, waste.litter),
    ("绿化弃料", stages.green, waste.branches),
    ("行道树", stages.green, upright.fallen_tree),
    ("绿地脏乱", stages.green, waste.litter),
    ("绿地", stages.green, upright.bare_lawn),
    ("毁绿", stages.green, upright.bare_lawn),
    ("家具", stages.street, waste.furniture),
    ("堆杂物", stages.street, waste.furniture),
    ("垃圾箱", stages.street, waste.bins),
    ("垃圾站", stages.street, waste.bins),
    ("未分类", stages.street, waste.bins),
    ("垃圾", stages.street, waste.heap),
    ("烧烤", stages.street, trade.grill),
    ("店外", stages.street, trade.goods),
    ("促销", stages.street, trade.goods),
    ("游商", stages.street, trade.stall),
    ("占道经营", stages.street, trade.stall),
    ("非机动车", stages.street, trade.bicycles),
    ("单车", stages.street, trade.bicycles),
    ("机动车", stages.road, trade.cars),
    ("车", stages.road, trade.cars),
    ("拥堵", stages.road, trade.cars),
    ("晾挂", stages.street, trade.washing),
    ("私搭", stages.street, trade.shed),
    ("遮阳", stages.street, trade.awning),
    ("噪声", stages.street, trade.loudspeaker),
    ("人", stages.street, trade.crowd),
    ("入侵", stages.street, trade.crowd),
    ("路灯", stages.street, upright.lamp),
    ("线缆", stages.street, upright.cable),
    ("立杆", stages.street, upright.pole),
    ("路名牌", stages.street, upright.pole),
    ("指示牌", stages.street, upright.pole),
    ("", stages.street, upright.marked),
)


def sight_of(name: str) -> int:
    """Give the place in `SIGHTS` of a matter's name."""
    return next(place for place, (word, _, _) in enumerate(SIGHTS) if word in name)


@lru_cache(maxsize=64)
def painted(sight: int, variant: int, solved: bool) -> Image.Image:
    """Paint a scene in plain light; the problem is there, or what remains when it is solved."""
    _, stage, show = SIGHTS[sight]
    # One seed for both states: the same street, the same corner, before and after.
    brush = Brush(f"{stage.__name__}/{sight}/{variant}", (128, 128, 128))
    stage(brush)
    brush.chance.seed(f"{sight}/{variant}")
    show(brush, solved)
    return brush.picture()


def lit_by(picture: Image.Image, light: str) -> Image.Image:
    """Give the scene in another light."""
    return picture.point(_table(light))


@cache
def _table(light: str) -> list[int]:
    return [min(255, round(value * factor)) for factor in LIGHTS[light] for value in range(256)]


def light_at(hour: int, solved: bool) -> str:
    """Say which light there is at an hour of the day; a second visit finds other weather."""
    if hour < 6 or hour >= 19:
        return "night"
    if hour >= 17:
        return "evening"
    return "cloudy" if solved else "clear"
