"""How pages name what the store knows by codes."""

from collections.abc import Mapping
from typing import Any

from registry.projects.fields import FIELDS, STAGE_NAMES, Field
from registry.projects.models import Grade, Stage
from registry.workflows.models import FilingState
from registry.workflows.profile import Kind

STATES = {
    FilingState.FILLING: ("企业填报", "info"),
    FilingState.REVIEWING: ("主管部门审核", "warn"),
    FilingState.CONFIRMED: ("审核通过", "ok"),
    FilingState.DEEMED: ("视为通过", "ok"),
    FilingState.REJECTED: ("不通过", "bad"),
    FilingState.CONFLICT: ("已由他人先行确认", "bad"),
    FilingState.WITHDRAWN: ("已撤回", ""),
}
LEVELS = {
    "": "企业",
    "firm": "企业",
    "county": "县（区）级",
    "city": "市级",
    "province": "省级",
    "ministry": "住建部",
    "support": "技术支持单位",
    "department": "专业部门",
}
OUTCOMES = {
    "filed": "提交",
    "approved": "同意",
    "port_opened": "开通补录端口",
    "executed": "更新完成",
    "rejected": "不通过",
    "deemed": "视为审核通过",
    "withdrawn": "撤回",
    "conflict": "冲突，未入库",
}
CAUSES = {
    "confirmed": "主管部门确认",
    "deemed": "视为通过",
    "docked": "审批系统对接",
    "legacy": "历史补录",
    "derived": "随主环节",
    "withdrawn": "撤回确认",
    "falsity": "查实虚假",
}
TARGETS = {"national": "部平台", "provincial": "省平台", "government": "政务网"}
TARGET_STATES = {
    "none": ("未推送", ""),
    "waiting": ("推送中", "warn"),
    "refused": ("被退回", "bad"),
    "shown": ("已展示", "ok"),
}
TONES = {Grade.A: "ok", Grade.B: "info", Grade.C: "warn", Grade.D: ""}
KINDS = {
    Kind.SUPPLEMENT: "业绩补录",
    Kind.STAGE_SUPPLEMENT: "业绩环节补录",
    Kind.COMPLETION: "信息完善",
    Kind.INDICATOR_LIBRARY: "业绩指标库",
    Kind.OUTSIDE_TRADE: "行业外工程",
    Kind.CONTRACT: "合同归集",
    Kind.UPGRADE: "等级升级",
    Kind.ERRATUM: "勘误",
    Kind.DIRECT_REVIEW: "省厅直接审核",
    Kind.ROUTINE: "新竣工项目申报",
}

LABELS = {f"{stage.value}.{field.name}": field.label for stage, fields in FIELDS.items() for field in fields}
ACTIONS = {"file": "填报", "review": "审核", "open_port": "开通端口", "execute": "更新数据"}


def choices(field: Field) -> list[tuple[str, str]]:
    """The options of a field, none chosen first."""
    return [("", "请选择"), *((option, option) for option in field.choices)]


def way_of(filing: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The way a filing goes, and how far it has come."""
    is_over = filing["state"] in {"confirmed", "deemed"}
    return [
        {
            "title": f"{LEVELS[step['who']]}{ACTIONS[step['action']]}",
            "is_done": is_over or n < filing["step"],
            "is_now": not is_over and n == filing["step"],
        }
        for n, step in enumerate(filing["steps"])
    ]


WORDS = {
    "STATES": {state.value: pair for state, pair in STATES.items()},
    "LEVELS": LEVELS,
    "OUTCOMES": OUTCOMES,
    "CAUSES": CAUSES,
    "TARGETS": TARGETS,
    "TARGET_STATES": TARGET_STATES,
    "TONES": {grade.value: tone for grade, tone in TONES.items()},
    "KINDS": {kind.value: name for kind, name in KINDS.items()},
    "STAGES": {stage.value: name for stage, name in STAGE_NAMES.items()},
    "ALL_STAGES": [stage.value for stage in Stage],
    "GRADES": [grade.value for grade in Grade],
}
