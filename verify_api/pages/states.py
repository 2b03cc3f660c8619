"""What a state means to people: its tone, and what the enterprise has to do now. Words only."""

from verify_api.cases.states import State

_TONES = {
    State.NOTIFYING: "warn",
    State.OPEN: "info",
    State.SUBMITTED: "info",
    State.REJECTED: "warn",
    State.CHECKING_IN: "info",
    State.PASSED: "ok",
    State.AWAITING_LAPSE: "bad",
    State.LAPSED: "bad",
    State.RECTIFYING: "bad",
    State.RECTIFICATION_SUBMITTED: "warn",
    State.RECTIFICATION_REJECTED: "bad",
    State.RECHECKING_IN: "warn",
    State.RECTIFIED: "ok",
    State.REVOCATION_PROPOSED: "bad",
    State.REVOKED: "bad",
    State.NOT_REVOKED: "",
    State.CANCELLED: "",
}

_ADVICE = {
    State.NOTIFYING: "核查短信正在送达，送达后开始计时。现在可以先准备人员和证件。",
    State.OPEN: "请设置打卡人员、上传证件并提交名单。",
    State.SUBMITTED: "名单正在审核，审核期间不会逾期。结果将以短信通知。",
    State.REJECTED: "请根据审核意见重新设置打卡人员并提交。",
    State.CHECKING_IN: "请所选人员全部到企业注册地址，用“i深建”小程序“企业打卡”完成打卡。缺一人即不通过。",
    State.PASSED: "所选人员已全部完成打卡，通过核查。",
    State.AWAITING_LAPSE: "未在规定期限内完成核查。资质证书仍有效至到期日，到期后自动失效。",
    State.LAPSED: "资质证书已到期自动失效。",
    State.RECTIFYING: "请查看《责令整改通知书》，先提交整改报告，再重新设置打卡人员并提交。",
    State.RECTIFICATION_SUBMITTED: "整改名单正在审核，审核期间不会逾期。",
    State.RECTIFICATION_REJECTED: "整改名单未通过，请根据审核意见修改后重新提交。",
    State.RECHECKING_IN: "请所选人员全部完成整改打卡。有人未完成的，将依法撤回相应资质。",
    State.RECTIFIED: "已通过整改，资质异常标注已取消。",
    State.REVOCATION_PROPOSED: "本局拟撤回相应资质。可在期限内陈述、申辩。",
    State.REVOKED: "已决定撤回相应资质，自决定书送达之日起生效。决定书载明了复议和诉讼的途径与期限。",
    State.NOT_REVOKED: "经审查，决定不予撤回。",
    State.CANCELLED: "本次核查已取消，无需再打卡。",
}


def tone_of(state: State) -> str:
    """Tone of a state's pill."""
    return _TONES[state]


def advice(state: State) -> str:
    """What an enterprise has to do now, in one sentence."""
    return _ADVICE[state]
