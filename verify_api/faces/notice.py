"""Which text of the 告知书 a consent is to. Pure."""

from registry.errors import Conflict
from verify_api.faces.models import FaceConsent
from verify_api.policy.consent import Consent


class NoticeNotInForce(Conflict):
    """Consent to a text that is not, or no longer, the one in force is no informed consent (PIPL 14, 17)."""

    code = "notice_not_in_force"
    message = "告知书已经更新，请阅读现行版本后再作选择"
    hint = "请重新打开告知页面；不同意的，可到窗口由工作人员核验，效力相同"


def require_in_force(version: str, *, rule: Consent) -> None:
    """Let a consent to the text in force pass.

    Raises:
        NoticeNotInForce: It names another version, or one that never was.
    """
    if version != rule.notice_version:
        raise NoticeNotInForce


def covers(consent: FaceConsent | None, *, rule: Consent) -> bool:
    """Whether a new attempt may rest on this consent. One already begun keeps the consent it began under."""
    return consent is not None and consent.notice_version == rule.notice_version
