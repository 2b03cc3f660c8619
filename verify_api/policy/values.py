"""Every policy value: its default, what it may be, its Chinese label and the clause it rests on.

The defaults are the first version. A stored version that lacks a value added later takes the default here,
so a new value must default to what was done before it existed. Values never change meaning: a new meaning
is a new name.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from verify_api.policy.consent import Consent
from verify_api.policy.section import DECREE_28, GUIDE, OWN, Section, value

# What the server takes at all, before it knows who sends it (`http.limits`).
DOCUMENT_CEILING_MB = 20
VIDEO_CEILING_MB = 500
Day = Annotated[int, Field(ge=1, le=366)]


class NoticeIssue(StrEnum):
    """Who sends a 责令整改通知书."""

    AUTOMATIC = "automatic"  # numbered, rendered, signed and sent when the deadline is missed
    DRAFT = "draft"  # waits for an officer


class RevocationMode(StrEnum):
    """How a failed rectification ends."""

    AUTOMATIC = "automatic"  # 撤回 by the sweep, remedies in the decision
    DECISION = "decision"  # 告知, 陈述申辩, then an officer decides


class Enforcement(StrEnum):
    """What a shortfall does to a submission."""

    WARN = "warn"
    BLOCK = "block"


class PersonnelBasis(StrEnum):
    """Which grade's numbers bind where the reform left a grade without its own."""

    LOWEST_GRADE = "lowest_grade"
    OWN_GRADE = "own_grade"


class First(Section):
    """告知承诺首次取得资质 (FIRST track)."""

    initiate_months: int = value(10, "首次申报期限", f"{GUIDE}二（一）1（SZ-15）", unit="个月", ge=1, le=60)
    checkin_months: int = value(1, "人员打卡期限", f"{GUIDE}二（一）4（SZ-30b）", unit="个月", ge=1, le=12)


class Stock(Section):
    """存量企业日常核查 (STOCK track)."""

    initiate_months: int = value(
        1, "收到核查短信后申报期限", f"{GUIDE}二（二）（SZ-32）", unit="个月", ge=1, le=12
    )
    checkin_months: int = value(1, "人员打卡期限", f"{GUIDE}二（二）4（SZ-30b）", unit="个月", ge=1, le=12)
    resubmit_days: int = value(
        10, "审核不通过后重新提交期限", f"{OWN}（SZ-33）", unit="个自然日", ge=1, le=60
    )


class Rectification(Section):
    """责令限期整改."""

    issue: NoticeIssue = value(
        NoticeIssue.AUTOMATIC, "责令整改通知书的发出方式", f"{GUIDE}二（二）4（SZ-33）"
    )
    report_months: int = value(
        1, "提交整改报告并重新申报期限", f"{OWN}；{DECREE_28}", unit="个月", ge=1, le=3
    )
    checkin_months: int = value(1, "整改重新打卡期限", f"{OWN}；{DECREE_28}", unit="个月", ge=1, le=3)
    cap_months: int = value(3, "整改期限上限（自送达起）", DECREE_28, unit="个月", ge=1, le=3)
    min_officer_days: int = value(5, "人工指定整改期限的下限", OWN, unit="个自然日", ge=1, le=31)
    hold_below_days: int = value(
        7, "审核占用后剩余整改时间不足即暂缓", f"{OWN}；{DECREE_28}", unit="个自然日", ge=1, le=31
    )
    tracking_months: int = value(3, "整改通过后跟踪期", f"{OWN}（参照三明市做法）", unit="个月", ge=0, le=24)

    @model_validator(mode="after")
    def _inside_the_cap(self) -> Self:
        if max(self.report_months, self.checkin_months) > self.cap_months:
            raise ValueError("整改的各段期限不得超过整改期限上限")
        return self


class Revocation(Section):
    """撤回资质."""

    mode: RevocationMode = value(RevocationMode.AUTOMATIC, "撤回方式", f"{DECREE_28}；{GUIDE}（SZ-37）")
    defence_working_days: int = value(
        5,
        "陈述申辩期限",
        "参照《行政处罚法》第四十四条、第四十五条、第六十四条",
        unit="个工作日",
        ge=3,
        le=30,
    )


class Remedies(Section):
    """救济期限; printed in every decision."""

    reconsideration_days: int = value(
        60, "申请行政复议期限", "《行政复议法》第二十条", unit="日", ge=60, le=60
    )
    litigation_months: int = value(6, "提起行政诉讼期限", "《行政诉讼法》第四十六条", unit="个月", ge=6, le=6)


class Counting(Section):
    """期限的计算."""

    roll_enterprise_deadlines: bool = value(
        True, "约束企业的期限遇休息日顺延", "《民法典》第二百零三条；行政复议法第八十八条参照（T-03、T-07）"
    )


class Fence(Section):
    """打卡地点."""

    radius_m: int = value(300, "打卡范围半径", f"{OWN}（SZ-30a）", unit="米", ge=50, le=5000)
    max_accuracy_m: int = value(100, "定位精度上限", f"{OWN}（SZ-30a）", unit="米", ge=5, le=1000)
    max_age_s: int = value(60, "定位时效", f"{OWN}（SZ-30a）", unit="秒", ge=5, le=600)


class Face(Section):
    """人脸比对."""

    # Which model the two distances were found on; faces measured by any other one go to staff.
    model: str = value("dlib-resnet-v1", "阈值所适用的识别模型", OWN, pattern=r"^[0-9A-Za-z._:\-]{1,60}$")
    accept_distance: float = value(0.45, "人脸距离通过阈值", OWN, gt=0, lt=1)
    review_distance: float = value(0.60, "人脸距离人工复核阈值", OWN, gt=0, lt=1)
    filing_threshold_people: int = value(
        100_000, "人脸信息备案人数线", "《人脸识别技术应用安全管理办法》第十五条", unit="人", ge=1, le=100_000
    )

    @model_validator(mode="after")
    def _a_review_band_exists(self) -> Self:
        if not self.accept_distance < self.review_distance:
            raise ValueError("通过阈值须小于人工复核阈值")
        return self


class Checkin(Section):
    """打卡."""

    challenge_s: int = value(90, "活体口令有效期", OWN, unit="秒", ge=20, le=600)
    attempts_per_day: int = value(10, "每人每日打卡次数上限", OWN, unit="次", ge=1, le=100)


class Selection(Section):
    """打卡人员的选择."""

    with_permit_percent: int = value(
        50, "有安全生产许可证企业的比例", f"{GUIDE}2（1）（SZ-18）", unit="%", ge=1, le=100
    )
    without_permit_percent: int = value(
        100, "无安全生产许可证企业的比例", f"{GUIDE}2（2）（SZ-21）", unit="%", ge=1, le=100
    )
    specialties_at_half: Enforcement = value(Enforcement.WARN, "按比例核查时的专业要求", f"{OWN}（SZ-24）")
    specialties_at_full: Enforcement = value(Enforcement.BLOCK, "全员核查时的专业要求", f"{OWN}（SZ-24）")
    dual_certificate: bool = value(
        True, "一人双证可同时计入两类人员（总数计一人）", "建市〔2015〕20号（SZ-19）"
    )
    personnel_basis: PersonnelBasis = value(
        PersonnelBasis.LOWEST_GRADE, "人员指标依据", "建市〔2016〕226号改革后口径；建市规〔2023〕3号"
    )


class Review(Section):
    """名单审核."""

    target_working_days: int = value(
        5, "审核工作目标（逾期督办，不视为通过）", f"{OWN}（SZ-26）", unit="个工作日", ge=1, le=60
    )


class Messages(Section):
    """短信."""

    quiet_from: str = value("21:00", "夜间免打扰开始", OWN, pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    quiet_until: str = value("08:00", "夜间免打扰结束", OWN, pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    first_reminder_days: tuple[Day, ...] = value(
        (90, 30, 7, 1), "首次核查提醒（截止前）", OWN, unit="日", min_length=1, max_length=10
    )
    reminder_days: tuple[Day, ...] = value(
        (7, 3, 1), "其他期限提醒（截止前）", OWN, unit="日", min_length=1, max_length=10
    )
    per_number_per_day: int = value(
        20, "单个号码每日短信上限", "短信服务商限制（同签名同模板50条/日）", unit="条", ge=1, le=50
    )
    receipt_days: int = value(
        2, "等待送达回执的时间（逾期列入送达失败）", f"{OWN}（SZ-32）", unit="日", ge=1, le=15
    )
    code_minutes: int = value(5, "验证码有效期", f"{OWN}（SZ-05）", unit="分钟", ge=1, le=30)
    code_resend_s: int = value(60, "验证码重发间隔", f"{OWN}（SZ-05）", unit="秒", ge=30, le=600)
    codes_per_day: int = value(10, "验证码每日次数", f"{OWN}（SZ-05）", unit="次", ge=1, le=50)
    code_tries: int = value(5, "验证码可试次数", f"{OWN}（SZ-05）", unit="次", ge=1, le=10)

    @model_validator(mode="after")
    def _reminders_count_down(self) -> Self:
        for days in (self.first_reminder_days, self.reminder_days):
            if list(days) != sorted(set(days), reverse=True):
                raise ValueError("提醒天数须由多到少排列，不得重复")
        return self


class Accounts(Section):
    """账号安全."""

    first_password_days: int = value(7, "初始密码有效期", f"{OWN}（SZ-02）", unit="日", ge=1, le=30)
    password_min_length: int = value(10, "密码最短长度", "GB/T 22239—2019 8.1.4.1", unit="位", ge=8, le=64)
    password_classes: int = value(3, "密码字符种类", "GB/T 22239—2019 8.1.4.1", unit="类", ge=1, le=4)
    failures_before_lock: int = value(5, "锁定前失败次数", "GB/T 22239—2019 8.1.4.1", unit="次", ge=1, le=20)
    lock_minutes: int = value(30, "锁定时长", "GB/T 22239—2019 8.1.4.1", unit="分钟", ge=1, le=1440)
    idle_minutes: int = value(30, "空闲自动退出", "GB/T 22239—2019 8.1.4.1", unit="分钟", ge=1, le=480)
    session_hours: int = value(12, "每次登录最长时间", "GB/T 22239—2019 8.1.4.1", unit="小时", ge=1, le=24)
    staff_password_days: int = value(
        90, "工作人员密码更换周期", "GB/T 22239—2019 8.1.4.1", unit="日", ge=1, le=365
    )
    staff_second_factor: bool = value(True, "工作人员双因素登录", "GB/T 22239—2019 8.1.4.1")


class Uploads(Section):
    """上传材料."""

    document_max_mb: int = value(
        10, "证件材料大小上限", f"{OWN}（SZ-10）", unit="MB", ge=1, le=DOCUMENT_CEILING_MB
    )
    video_max_mb: int = value(
        200, "企业视频大小上限", f"{OWN}（SZ-11）", unit="MB", ge=1, le=VIDEO_CEILING_MB
    )
    video_min_s: int = value(10, "企业视频最短时长", f"{OWN}（SZ-11）", unit="秒", ge=1, le=600)
    video_max_s: int = value(180, "企业视频最长时长", f"{OWN}（SZ-11）", unit="秒", ge=1, le=3600)

    @model_validator(mode="after")
    def _some_length_fits(self) -> Self:
        if self.video_min_s > self.video_max_s:
            raise ValueError("视频最短时长不得大于最长时长")
        return self


class Retention(Section):
    """保存期限."""

    face_days_after_remedies: int = value(
        0,
        "救济期满后人脸信息保留",
        "《个人信息保护法》第十九条；人脸识别技术应用安全管理办法",
        unit="日",
        ge=0,
        le=180,
    )


class Publication(Section):
    """公示与标注."""

    objection_working_days: int = value(
        7, "公示异议期", f"{DECREE_28}；{OWN}（参照山西省做法）", unit="个工作日", ge=1, le=60
    )
    mark_abnormal: bool = value(True, "送达整改通知后标注资质异常", "建市规〔2023〕3号（MO-13）")
    mobility_months: int = value(
        6, "技术负责人跨企业流动预警期", f"{OWN}（参照福州市做法）", unit="个月", ge=0, le=36
    )


class Sync(Section):
    """三库一平台同步."""

    nightly_at: str = value(
        "02:00", "每日同步时间", f"{GUIDE}一（二）（SZ-07）", pattern=r"^([01]\d|2[0-3]):[0-5]\d$"
    )
    button_interval_s: int = value(60, "手动同步最小间隔", f"{OWN}（SZ-07）", unit="秒", ge=1, le=3600)


class Letters(Section):
    """发文机关代字: the letters of each document series."""

    rectification: str = value("深建改", "责令整改通知书字号", OWN, pattern=r"^[\u4e00-\u9fa5]{2,8}$")
    revocation: str = value("深建撤", "撤回决定书字号", OWN, pattern=r"^[\u4e00-\u9fa5]{2,8}$")
    lapse: str = value("深建失", "资质到期失效告知书字号", OWN, pattern=r"^[\u4e00-\u9fa5]{2,8}$")
    proposal: str = value("深建撤告", "撤回告知书字号", OWN, pattern=r"^[\u4e00-\u9fa5]{2,8}$")
    recommendation: str = value("深建建议", "建议书字号", OWN, pattern=r"^[\u4e00-\u9fa5]{2,8}$")
    service_receipt: str = value("深建送", "送达回证字号", OWN, pattern=r"^[\u4e00-\u9fa5]{2,8}$")

    @model_validator(mode="after")
    def _every_series_its_own(self) -> Self:
        letters = list(self.model_dump().values())
        if len(set(letters)) != len(letters):
            raise ValueError("各文种的发文字号不得相同")
        return self


class Policy(Section):
    """All values in force on one date."""

    first: First = Field(default_factory=First, title="告知承诺首次核查")
    stock: Stock = Field(default_factory=Stock, title="存量日常核查")
    rectification: Rectification = Field(default_factory=Rectification, title="责令限期整改")
    revocation: Revocation = Field(default_factory=Revocation, title="撤回资质")
    remedies: Remedies = Field(default_factory=Remedies, title="救济期限")
    counting: Counting = Field(default_factory=Counting, title="期限计算")
    fence: Fence = Field(default_factory=Fence, title="打卡地点")
    face: Face = Field(default_factory=Face, title="人脸比对")
    consent: Consent = Field(default_factory=Consent, title="人脸信息告知")
    checkin: Checkin = Field(default_factory=Checkin, title="打卡")
    selection: Selection = Field(default_factory=Selection, title="打卡人员选择")
    review: Review = Field(default_factory=Review, title="名单审核")
    messages: Messages = Field(default_factory=Messages, title="短信")
    accounts: Accounts = Field(default_factory=Accounts, title="账号安全")
    uploads: Uploads = Field(default_factory=Uploads, title="上传材料")
    retention: Retention = Field(default_factory=Retention, title="保存期限")
    publication: Publication = Field(default_factory=Publication, title="公示与标注")
    sync: Sync = Field(default_factory=Sync, title="数据同步")
    letters: Letters = Field(default_factory=Letters, title="发文字号")
