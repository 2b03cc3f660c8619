"""告知书: what a person is told before the separate consent, and the version that the consent names."""

from typing import Self

from pydantic import model_validator

from verify_api.policy.section import Section, value

LAW = (
    "《个人信息保护法》第十七条、第二十九条、第三十条；《人脸识别技术应用安全管理办法》第五条、第六条、第十条"
)
# Words of version 1, in every policy stored before there was this value: they may never change here.
TEXT = (
    "为核实您本人到企业注册地址打卡，本局将采集您的人脸照片和定位，与登记照片比对。照片和特征值加密保存，"
    "仅用于本次资质核查，核查案件的救济期限届满后删除。您可以不同意，也可以随时撤回同意，改为到窗口由两名"
    "工作人员现场核验，效力相同。您有权查阅、更正、删除您的信息，并要求对处理结果作出说明。"
)
# A consent is none where the text hides that it may be refused, taken back, or replaced by the window.
MUST_SAY = ("不同意", "撤回同意", "窗口", "删除")


class Consent(Section):
    """单独同意. Whoever agreed to another version is asked again before the next check-in (PIPL 14)."""

    notice_version: str = value(
        "1", "告知书版本（更换后须重新征得单独同意）", LAW, pattern=r"^[0-9A-Za-z.\-]{1,40}$"
    )
    notice_text: str = value(TEXT, "告知书内容", LAW, min_length=50, max_length=4000)

    @model_validator(mode="after")
    def _nothing_is_hidden(self) -> Self:
        missing = [word for word in MUST_SAY if word not in self.notice_text]
        if missing:
            raise ValueError(f"告知书内容须写明：{'、'.join(missing)}")
        return self
