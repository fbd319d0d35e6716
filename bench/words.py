"""What a million cases say: words as collectors and callers write them, few of them carrying most.

Roads, things and effects are drawn by powers of a share, so that some words stand in a third of all
cases and others in one of ten thousand. Every address keeps `环湖西一路 N 号`, one in nine hundred.
"""

from __future__ import annotations

from typing import Any, Final

ROADS: Final = (
    "环湖西一路", "临港大道", "申港大道", "云鹃路", "竹柏路", "海基六路", "水芸路", "橄榄路",
    "古棕路", "紫杉路", "茉莉路", "花柏路", "杞青路", "芦潮引河", "沪城环路", "马樱丹路",
    "层林路", "雪绒花路", "含笑路", "铃兰路", "潮乐路", "港辉路", "新元南路", "同汇路",
    "平港路", "妙香路", "倚天路", "万水路", "飞渡路", "两港大道", "江山路", "玉宇路",
)  # fmt: skip
PLACES: Final = (
    "路口东侧", "人行道", "公交站旁", "小区门口", "菜市场外", "学校南门", "地铁站出口", "桥下",
    "河道边", "绿化带内", "工地围挡外", "商铺门前", "停车场", "公厕旁", "垃圾房", "幼儿园对面",
)  # fmt: skip
THINGS: Final = (
    "有暴露垃圾", "非机动车乱停放", "店外经营占道", "路面破损", "乱贴小广告", "共享单车堆积",
    "流动摊贩占道", "垃圾桶满溢", "道路积水", "绿地脏乱", "窨井盖缺失", "路灯不亮", "树木倒伏",
    "违规户外广告", "渣土洒落", "油烟扰民", "雨水箅子堵塞", "护栏损坏", "交通标志牌倾斜",
    "架空线下垂", "噪声扰民", "晾晒衣物", "擅自搭建", "公共座椅破损", "健身器材损坏",
    "消防栓漏水", "河面漂浮物", "动物尸体", "电力箱门敞开", "LED显示屏黑屏",
)  # fmt: skip
EFFECTS: Final = (
    "影响通行", "影响市容", "存在安全隐患", "居民多次反映", "请尽快处理", "气味难闻",
    "已有人摔倒", "约两平方米", "持续三天", "夜间更严重",
)  # fmt: skip

# `r…` are the shares that `million` draws for each case.
TEXT: Final = (
    "(%(places)s::text[])[1 + floor(r4 * array_length(%(places)s::text[], 1))::int]"
    " || (%(things)s::text[])[1 + floor(r7 * r7 * r7 * array_length(%(things)s::text[], 1))::int]"
    " || '，' || (%(effects)s::text[])[1 + floor(r8 * array_length(%(effects)s::text[], 1))::int]"
    " || '，' || (%(effects)s::text[])[1 + floor(r9 * array_length(%(effects)s::text[], 1))::int]"
    " || ' ' || g"
)
ADDRESS: Final = (
    "'环湖西一路 ' || (g %% 900) || ' 号，'"
    " || (%(roads)s::text[])[1 + floor(r9 * r9 * array_length(%(roads)s::text[], 1))::int]"
    " || '近' || (%(roads)s::text[])[1 + floor(r2 * array_length(%(roads)s::text[], 1))::int]"
)


def parts() -> dict[str, Any]:
    """Give the lists that `TEXT` and `ADDRESS` draw from, as parameters of a statement."""
    return {
        "roads": list(ROADS),
        "places": list(PLACES),
        "things": list(THINGS),
        "effects": list(EFFECTS),
    }
