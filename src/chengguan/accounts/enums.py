"""Kinds of organisation, levels, and what a post may do."""

from django.db import models


class OrganisationKind(models.TextChoices):
    """What an organisation is in the loop."""

    CITY = "city", "市级"
    CENTRE = "centre", "监督指挥中心"
    DEPARTMENT = "department", "专业部门"
    STREET = "street", "街道（镇）"
    COMMUNITY = "community", "社区（村）"
    CONTRACTOR = "contractor", "承包单位"
    ENTERPRISE = "enterprise", "权属企业"


class Level(models.TextChoices):
    """The four levels of command."""

    CITY = "city", "市"
    DISTRICT = "district", "区（县）"
    STREET = "street", "街道（镇）"
    COMMUNITY = "community", "社区（村）"


class Capability(models.TextChoices):
    """What a post allows; verbs of a procedure name one of these, pages and exports too."""

    SEE_CASES = "cases.see", "查看案件"
    REPORT = "cases.report", "上报问题"
    ACCEPT = "cases.accept", "受理立案"
    VERIFY = "cases.verify", "核实核查"
    FILE = "cases.file", "立案审批"
    DISPATCH = "cases.dispatch", "派遣"
    HANDLE_UNIT = "cases.handle_unit", "单位处置管理"
    HANDLE = "cases.handle", "现场处置"
    CLOSE = "cases.close", "结案"
    OVERSEE = "cases.oversee", "督办"
    LEAD = "cases.lead", "领导审批"
    APPROVE = "cases.approve", "审批申请"
    EXPORT = "cases.export", "导出案件"
    SEE_PERSONAL = "cases.personal", "查看举报人信息"
    AUTOMATE = "command.automatic", "自动派遣、自动结案开关"
    ROSTER = "command.roster", "排班"
    ORDER = "command.order", "指挥调度"
    SEE_PEOPLE = "command.people", "查看在岗人员位置"
    WALL = "command.wall", "大屏"
    TELEMETRY = "telemetry.send", "上报设备数据"
    SEE_REGISTRY = "registry.see", "查看台账"
    PLAN = "simulation.plan", "方案推演"
    EDIT_REGISTRY = "registry.edit", "维护台账"
    EDIT_DUTIES = "registry.duties", "维护权责"
    EDIT_WORKFLOW = "workflow.edit", "维护流程"
    MANAGE_SYSTEM = "system.manage", "系统管理"
    MANAGE_SECURITY = "security.manage", "安全管理"
    SEE_AUDIT = "audit.see", "审计查看"
