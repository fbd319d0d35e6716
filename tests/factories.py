"""A small city for tests, made plainly: two communities of four grids, units, people, matters.

Every function takes what differs and gives a saved row; `city()` makes all that a case needs.
The ground is a square of 0.04° from (121.90, 30.88): community 001 is its west half, 002 its east.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any, Final

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Grant, Organisation, Post, User
from chengguan.registry.models import Area, Duty, FilingRule, Matter
from chengguan.store import revisions
from chengguan.store.cache import forget

SINCE: Final = date(2000, 1, 1)
CITY, DISTRICT, STREET = "3101", "310115", "310115501"
WEST, SOUTH, SIDE = 121.90, 30.88, 0.04
STANDARD: Final = "GB/T 47678.5-2026"
PASSWORD: Final = "Zhihui-Chengguan-1"

_number = count(1)

#: What each post of the loop may do; the posts of the demo are like these.
POSTS: Final[dict[str, tuple[str, ...]]] = {
    "collector": (Capability.SEE_CASES, Capability.REPORT, Capability.VERIFY, Capability.SEE_REGISTRY),
    "acceptor": (
        Capability.SEE_CASES, Capability.REPORT, Capability.ACCEPT, Capability.FILE, Capability.CLOSE, Capability.SEE_PERSONAL, Capability.SEE_REGISTRY,
    ),
    "dispatcher": (Capability.SEE_CASES, Capability.DISPATCH, Capability.APPROVE, Capability.EXPORT, Capability.SEE_REGISTRY),
    "unit": (Capability.SEE_CASES, Capability.HANDLE_UNIT),
    "handler": (Capability.SEE_CASES, Capability.HANDLE),
    "leader": (Capability.SEE_CASES, Capability.LEAD, Capability.OVERSEE, Capability.APPROVE, Capability.EXPORT, Capability.SEE_REGISTRY),
    "keeper": (Capability.SEE_REGISTRY, Capability.EDIT_REGISTRY, Capability.EDIT_DUTIES),
}  # fmt: skip
POST_NAMES: Final = {
    "collector": "采集员",
    "acceptor": "受理员",
    "dispatcher": "派遣员",
    "unit": "单位经办人",
    "handler": "处置员",
    "leader": "值班领导",
    "keeper": "台账管理员",
}
BY_UNIT: Final = frozenset({"unit", "handler"})


def organisation(
    name: str = "城管局", *, parent: Organisation | None = None, **columns: Any
) -> Organisation:
    """Make an organisation under `parent`, its path included."""
    columns.setdefault("code", f"ORG{next(_number):05d}")
    columns.setdefault("kind", "department")
    made = Organisation.objects.create(name=name, parent=parent, **columns)
    made.path = f"{parent.path if parent else '/'}{made.pk}/"
    made.save(update_fields=["path"])
    revisions.bump("organisations", "accounts")
    return made


def post(code: str, *capabilities: str, **columns: Any) -> Post:
    """Make a post, or give the one of that code."""
    columns.setdefault("name", POST_NAMES.get(code, code))
    columns.setdefault("by_unit", code in BY_UNIT)
    given = list(capabilities or POSTS[code])
    return Post.objects.get_or_create(code=code, defaults={"capabilities": given, **columns})[0]


def user(
    name: str,
    at: Organisation,
    *posts: Post,
    area_code: str = "",
    matters: Sequence[str] = (),
    password: str | None = None,
    **columns: Any,
) -> User:
    """Make a person who holds `posts` at `at`; without a password nobody can sign in as him."""
    columns.setdefault("username", f"u{next(_number):05d}")
    made = User(name=name, organisation=at, **columns)
    made.set_password(password)
    made.save()
    for held in posts:
        Grant.objects.create(
            user=made,
            post=held,
            organisation=at,
            area_code=area_code,
            matters=list(matters),
            valid_from=SINCE,
        )
    loading.forget()
    return made


def stranger() -> User:
    """Make a person with an account and no post at all."""
    return user("查理", organisation("无关单位"))


def square(west: float, south: float, width: float, height: float) -> dict[str, Any]:
    """Give a GeoJSON rectangle in degrees."""
    east, north = west + width, south + height
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [[[round(x, 6), round(y, 6)] for x, y in ring]]}


def area(
    code: str, name: str, level: str, shape: dict[str, Any] | None = None, **columns: Any
) -> Area:
    """Make an area with its bbox and centre."""
    parents = {15: 12, 12: 9, 9: 6, 6: 4, 4: 2}
    parent = code[: parents[len(code)]] if len(code) in parents else ""
    if shape:
        ring = shape["coordinates"][0]
        (west, south), (east, north) = ring[0], ring[2]
        columns |= {
            "geometry": shape,
            "bbox": [west, south, east, north],
            "centre": ((west + east) / 2, (south + north) / 2),
            "area_m2": (east - west) * 95_500 * (north - south) * 111_000,
        }
    made = Area.objects.create(
        code=code, name=name, level=level, parent_code=parent, valid_from=SINCE, **columns
    )
    revisions.bump("areas")
    return made


def areas() -> list[Area]:
    """Make city, district, street, two communities and four grids in each."""
    whole = square(WEST, SOUTH, SIDE, SIDE)
    made = [
        area("31", "上海市", "province"),
        area(CITY, "市辖区", "city", whole),
        area(DISTRICT, "浦东新区", "district", whole),
        area(STREET, "临港街道", "street", whole),
    ]
    half, quarter = SIDE / 2, SIDE / 4
    for half_number in (0, 1):
        west = WEST + half * half_number
        community = f"{STREET}{half_number + 1:03d}"
        name = ("西社区", "东社区")[half_number]
        made.append(area(community, name, "community", square(west, SOUTH, half, SIDE)))
        for grid in range(4):
            left, low = west + quarter * (grid % 2), SOUTH + half * (1 - grid // 2)
            shape = square(left, low, quarter, half)
            made.append(area(f"{community}{grid + 1:03d}", f"{name}{grid + 1}网格", "grid", shape))
    return made


def inside(community: int = 1, east: float = 0.3, north: float = 0.3) -> tuple[float, float]:
    """Give a point in a community: shares of its width and height from its south-west corner."""
    half = SIDE / 2
    return round(WEST + half * (community - 1 + east), 6), round(SOUTH + SIDE * north, 6)


def matter(code: str = "01001", name: str = "暴露垃圾", **columns: Any) -> Matter:
    """Make a matter of the catalogue."""
    columns.setdefault("kind", "matter")
    columns.setdefault("standard", STANDARD)
    columns.setdefault("major_name", "市容环境")
    made = Matter.objects.create(
        code=code, name=name, major_code=code[:2], valid_from=SINCE, **columns
    )
    revisions.bump("catalogue", "matters")
    return made


def rule(of: Matter, **columns: Any) -> FilingRule:
    """Make a filing rule: four working hours, no photos asked."""
    columns.setdefault("code", f"R{next(_number):05d}")
    columns.setdefault("condition", f"发现{of.name}，面积一平方米以上")
    columns.setdefault("limit_value", 4)
    columns.setdefault("limit_unit", "work_hour")
    columns.setdefault("limit_text", "4工作时")
    columns.setdefault("closing_condition", "清理干净")
    columns.setdefault("valid_from", SINCE)
    made = FilingRule.objects.create(matter=of, **columns)
    revisions.bump("catalogue", "rules")
    return made


def duty(unit: Organisation, area_code: str = DISTRICT, **columns: Any) -> Duty:
    """Make a duty of `unit` over an area, every matter unless said."""
    columns.setdefault("code", f"D{next(_number):05d}")
    made = Duty.objects.create(organisation=unit, area_code=area_code, valid_from=SINCE, **columns)
    revisions.bump("duties")
    return made


@dataclass
class City:
    """What `city()` made; `people` by post code."""

    areas: list[Area]
    centre: Organisation
    unit: Organisation
    other_unit: Organisation
    matter: Matter
    rule: FilingRule
    people: dict[str, User] = field(default_factory=dict)

    def principal(self, post_code: str) -> Principal:
        """Give the principal of the person in a post."""
        return principal_of(self.people[post_code])


NAMES: Final = {
    "collector": "采集员甲",
    "collector2": "采集员乙",
    "acceptor": "受理员",
    "dispatcher": "派遣员",
    "unit": "环卫所经办",
    "handler": "保洁员",
    "other": "绿化所经办",
    "leader": "值班领导",
    "keeper": "台账员",
}


def city(posts: Iterable[str] = NAMES, *, password: str | None = None) -> City:
    """Make the whole small city with one person for each post (user name = post code)."""
    forget()
    made_areas = areas()
    top = organisation("浦东新区", kind="city", area_code=DISTRICT)
    centre = organisation("监督指挥中心", parent=top, kind="centre", area_code=DISTRICT)
    unit = organisation("环卫所", parent=top, kind="department", area_code=DISTRICT)
    other = organisation("绿化所", parent=top, kind="department", area_code=DISTRICT)
    rubbish = matter()
    made = City(made_areas, centre, unit, other, rubbish, rule(rubbish))
    # The west is the sanitation unit's; in the east the greens have their own, more exact duty.
    duty(unit)
    duty(other, f"{STREET}002", kind="matter", matter_prefix="02")
    homes = {"unit": unit, "handler": unit, "other": other}
    codes = {"collector2": "collector", "other": "unit"}
    for name in posts:
        held = post(codes.get(name, name))
        made.people[name] = user(
            NAMES[name], homes.get(name, centre), held, username=name, password=password
        )
    return made


CALENDAR: Final = """
code = "city"
name = "测试日历"
timezone = "Asia/Shanghai"
first = 2025-01-01
last = 2028-12-31
hours = [{start = 08:00:00, end = 12:00:00}, {start = 14:00:00, end = 18:00:00}]
"""


def working_city(posts: Iterable[str] = NAMES, *, password: str | None = None) -> City:
    """Make the small city with its calendar and the shipped procedure: cases can be handled."""
    from chengguan.cases.procedure import publish_shipped
    from chengguan.workflow.domain.revising import save_revision

    made = city(posts, password=password)
    save_revision(CALENDAR, Principal.system("测试"))
    publish_shipped()
    return made


def report(**columns: Any) -> Any:
    """Take in a hotline report of rubbish in the western community; gives the case."""
    from chengguan.cases.domain.intake import NewReport, take_in
    from chengguan.cases.models import Case

    at = columns.pop("at", None)
    lon, lat = inside(1)
    given: dict[str, Any] = {
        "source": "hotline",
        "client": "test",
        "key": f"k{next(_number)}",
        "text": "路口东侧有暴露垃圾",
        "address": "环湖西一路 1 号",
        "lon": lon,
        "lat": lat,
        "kind": "matter",
        "matter_code": "01001",
        "reporter_name": "张三",
        "reporter_phone": "13800000000",
    }
    taken = take_in(NewReport(**{**given, **columns}), Principal.system("测试"), at)
    return Case.objects.get(pk=taken.case_id)


def photo(shade: int = 120) -> bytes:
    """Give a small JPEG, different for each shade."""
    import io

    from PIL import Image

    place = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 90, 60)).save(place, "JPEG")
    return place.getvalue()


def street_photo(width: int = 640, height: int = 480) -> bytes:
    """Give a drawn street with something lying in it, as a JPEG."""
    import io

    from PIL import Image, ImageDraw

    image = Image.new("RGB", (width, height), (196, 208, 216))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 0.55, width, height), fill=(110, 112, 115))
    draw.rectangle((40, 60, 240, height * 0.55), fill=(168, 140, 118))
    draw.rectangle((300, 110, 560, height * 0.55), fill=(150, 156, 160))
    draw.ellipse((250, 300, 430, 400), fill=(92, 84, 60))
    draw.ellipse((330, 320, 470, 410), fill=(70, 96, 64))
    place = io.BytesIO()
    image.save(place, "JPEG")
    return place.getvalue()
