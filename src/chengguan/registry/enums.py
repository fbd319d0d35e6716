"""Levels of areas, kinds of matters, and the states of things in the street."""

from django.db import models


class AreaLevel(models.TextChoices):
    """A node of the area tree (GB/T 2260, GB/T 10114, GB/T 47678.3)."""

    PROVINCE = "province", "省"
    CITY = "city", "市"
    DISTRICT = "district", "区（县）"
    STREET = "street", "街道（镇）"
    COMMUNITY = "community", "社区（村）"
    GRID = "grid", "单元网格"


class MatterKind(models.TextChoices):
    """部件 (things), 事项 (matters, formerly events), 服务事项 (services)."""

    COMPONENT = "component", "部件"
    MATTER = "matter", "事项"
    SERVICE = "service", "服务事项"


class ThingState(models.TextChoices):
    """State of a component, camera or device."""

    NORMAL = "normal", "正常"
    FAULTY = "faulty", "故障"
    LOST = "lost", "失联"
    REMOVED = "removed", "已拆除"


class FacilityKind(models.TextChoices):
    """What a station is for (CJJ 27-2012, 环境卫生设施设置标准)."""

    TRANSFER = "transfer", "垃圾中转站"
    COLLECTION = "collection", "垃圾收集站"
    TREATMENT = "treatment", "垃圾处理厂"
    DISPOSAL = "disposal", "建筑垃圾消纳场"
    TOILET = "toilet", "公共厕所"
    REST = "rest", "环卫工人休息点"
    PARKING = "parking", "环卫停车场"
    OTHER = "other", "其他站点"


class VehicleKind(models.TextChoices):
    """What work a vehicle is for: works of the city only, no cars that people are driven in."""

    SWEEPER = "sweeper", "清扫车"
    SPRINKLER = "sprinkler", "洒水车"
    REFUSE = "refuse", "垃圾收运车"
    MUCK = "muck", "渣土车"
    ENFORCEMENT = "enforcement", "执法车"
    REPAIR = "repair", "抢修车"
    GREENING = "greening", "绿化养护车"
    OTHER = "other", "其他作业车"


class VehicleState(models.TextChoices):
    """Whether a vehicle is at work; of others no position is taken."""

    IN_USE = "in_use", "在用"
    REPAIR = "repair", "维修"
    RETIRED = "retired", "停用"


class DutyRole(models.TextChoices):
    """In what role an organisation answers for a matter in an area."""

    RESPONSIBLE = "responsible", "处置单位"
    COMPETENT = "competent", "主管部门"


class ImportStatus(models.TextChoices):
    """An import is checked first and applied after."""

    CHECKED = "checked", "已校验"
    REFUSED = "refused", "有错误"
    APPLIED = "applied", "已导入"
    EXPIRED = "expired", "已作废"
