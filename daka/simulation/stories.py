"""What happens in the city, firm by firm. A beat is a moment, a sentence for the audience, and an act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from daka.simulation import attempts
from daka.simulation.acts import (
    Act,
    approve,
    arrive,
    cancel,
    check_in,
    check_in_without_spare,
    forgot_password,
    hold,
    include,
    never_delivered,
    new_contact_upstream,
    onboard,
    open_stock,
    reject,
    release,
    remember,
    report_and_list,
    resubmit,
    serve_in_person,
    submit,
    submit_too_few,
    submit_wrong_list,
)
from daka.simulation.world import moment

ORDINARY = "按期通过"


@dataclass(frozen=True, slots=True)
class Beat:
    """At a moment, something happens to one firm. `say` is empty where nothing is worth telling."""

    at: datetime
    key: str
    say: str
    act: Act


@dataclass(frozen=True, slots=True)
class Story:
    """One firm's course. `title` says what the audience is to see."""

    key: str
    title: str
    beats: tuple[Beat, ...]


def story(key: str, title: str, *beats: tuple[str, str, Act]) -> Story:
    """Write a story down: (moment, sentence, act) for each beat."""
    return Story(key, title, tuple(Beat(moment(at), key, say, act) for at, say, act in beats))


FIRST_STORIES = (
    story(
        "pass",
        "告知承诺：按期通过",
        ("2025-01-08 09:30", "列入核查，登录密码短信发给联系人", include),
        ("2025-01-09 10:00", "首次登录改密，确认基本情况，上传执照和视频", onboard),
        ("2025-02-12 11:00", "提交 6 人名单：注册 3、职称 3，技术负责人在内", submit),
        ("2025-02-14 15:00", "审核通过，打卡任务开启", approve),
        ("2025-02-20 09:10", "3 人到注册地址刷脸打卡", check_in(0, 1, 2)),
        ("2025-03-11 17:30", "另 3 人打卡，全部完成", check_in(3, 4, 5)),
    ),
    story(
        "never",
        "告知承诺：十个月内未发起 → 到期失效",
        ("2025-01-08 09:32", "列入核查", include),
        ("2025-01-14 09:00", "登录后再无动作", onboard),
        ("2025-10-20 18:00", "第十个月最后一天，仍未发起", remember("最后一天")),
        ("2025-10-21 09:00", "期限已过：等待证书到期", remember("次日")),
        ("2025-12-19 18:00", "证书最后一天，仍然有效", remember("证书最后一天")),
    ),
    story(
        "partly",
        "告知承诺：只打了一部分 → 到期失效",
        ("2025-01-08 09:34", "列入核查", include),
        ("2025-01-14 10:00", "完成三项准备", onboard),
        ("2025-05-12 10:00", "提交 5 人名单", submit),
        ("2025-05-14 15:00", "审核通过，6 月 14 日是周六，期限顺延到 16 日", approve),
        ("2025-05-20 09:30", "只有 3 人到场打卡", check_in(0, 1, 2)),
        ("2025-06-16 20:00", "顺延后的最后一天", remember("顺延后最后一天")),
    ),
    story(
        "rolled",
        "告知承诺：最后一天遇国庆顺延，当晚提交有效",
        ("2025-01-08 09:36", "列入核查", include),
        ("2025-09-25 10:00", "初始密码早已过期：短信验证码找回，完成三项准备", forgot_password),
        ("2025-10-09 23:40", "10 月 1 日顺延至 9 日，最后 20 分钟提交名单", submit),
        ("2025-10-13 10:00", "审核通过", approve),
        ("2025-10-27 09:30", "3 人全部打卡", arrive),
    ),
    story(
        "bundle",
        "告知承诺：同证两项资质，一人可顶两项",
        ("2025-01-08 09:38", "列入核查，两项资质合为一个任务", include),
        ("2025-01-10 10:00", "完成三项准备", onboard),
        ("2025-03-03 10:00", "提交 2 人：同时满足两项", submit),
        ("2025-03-05 15:00", "审核通过", approve),
        ("2025-03-10 09:30", "2 人打卡，两项资质一起通过", arrive),
    ),
    story(
        "refused",
        "告知承诺：各种不合规打卡都被拒绝并留痕",
        ("2025-01-08 09:40", "列入核查", include),
        ("2025-01-10 11:00", "完成三项准备", onboard),
        ("2025-03-17 10:00", "提交 4 人名单", submit),
        ("2025-03-19 15:00", "审核通过", approve),
        ("2025-03-24 09:30", "900 米外、报错坐标系、精度 5000 米、旧定位 → 全部拒绝", attempts.wrong_places),
        ("2025-03-25 09:30", "冒名、重放照片、重用口令、外单位人员 → 全部拒绝", attempts.wrong_people),
        ("2025-03-26 09:30", "1 人到场如实打卡", check_in(0)),
        ("2025-03-26 09:40", "已通过者再打一次 → 拒绝", attempts.once_more),
        ("2025-03-26 10:00", "其余 3 人如实打卡，全部完成", check_in(1, 2, 3)),
    ),
    story(
        "unlicensed",
        "告知承诺：没有安全生产许可证，全员打卡",
        ("2025-01-08 09:42", "列入核查", include),
        ("2025-01-13 10:00", "完成三项准备", onboard),
        ("2025-04-14 10:00", "只报 3 人，当场被拒：无许可证须报足 4 人", submit_too_few),
        ("2025-04-15 10:00", "报足 4 人", submit),
        ("2025-04-17 15:00", "审核通过", approve),
        ("2025-04-22 09:30", "4 人打卡", arrive),
    ),
)

STOCK_STORIES = (
    story(
        "stock-pass",
        "存量：按期通过",
        (
            "2025-03-10 09:30",
            "因投诉列为日常核查，短信送达起算一个月",
            open_stock("complaint", "群众投诉举报"),
        ),
        ("2025-03-12 10:00", "完成三项准备", onboard),
        ("2025-03-20 10:00", "提交 4 人名单", submit),
        ("2025-03-21 15:00", "审核通过", approve),
        ("2025-04-08 09:30", "4 人打卡", arrive),
    ),
    story(
        "rectified",
        "存量：逾期 → 责令整改 → 资质异常 → 整改通过 → 解除",
        ("2025-04-07 09:30", "因拖欠工资列为核查对象", open_stock("wage_arrears", "拖欠工人工资")),
        ("2025-04-10 10:00", "登录了，但一直没有提交名单", onboard),
        ("2025-05-07 18:00", "一个月的最后一天", remember("最后一天")),
        ("2025-05-08 09:30", "逾期：通知书已发出并送达，标注资质异常", remember("逾期次日")),
        ("2025-05-26 10:00", "提交整改报告和 3 人名单", report_and_list),
        ("2025-05-28 15:00", "审核通过", approve),
        ("2025-06-10 09:30", "3 人打卡，通过整改，异常标注解除", arrive),
    ),
    story(
        "revoked",
        "存量：逾期 → 责令整改 → 再逾期 → 撤回",
        ("2025-06-09 09:30", "发生安全事故，列为核查对象", open_stock("accident", "施工现场高处坠落事故")),
        ("2025-06-12 10:00", "登录后未再办理", onboard),
        ("2025-07-10 09:30", "逾期：责令整改", remember("逾期次日")),
        ("2025-08-11 18:00", "整改期限（8 月 10 日周日，顺延至 11 日）最后一天", remember("整改最后一天")),
    ),
    story(
        "half-revoked",
        "存量：整改打卡只到一半 → 撤回两项资质",
        ("2025-07-14 09:30", "因违法分包列为核查对象", open_stock("illegal_subcontracting", "违法分包")),
        ("2025-07-16 10:00", "完成三项准备", onboard),
        ("2025-07-28 10:00", "提交 2 人名单", submit),
        ("2025-07-30 15:00", "审核通过", approve),
        ("2025-08-11 09:30", "只有 1 人打卡", check_in(0)),
        ("2025-09-02 09:30", "8 月 30 日周六顺延至 9 月 1 日，仍缺 1 人：责令整改", remember("逾期次日")),
        ("2025-09-15 10:00", "提交整改报告和名单", report_and_list),
        ("2025-09-17 15:00", "审核通过", approve),
        ("2025-09-25 09:30", "又只有 1 人打卡", check_in(1)),
        ("2025-10-17 18:00", "整改打卡最后一天", remember("整改最后一天")),
    ),
    story(
        "resubmitted",
        "存量：名单被退回，按意见更换后通过",
        ("2025-05-12 09:30", "因转包线索列为核查对象", open_stock("subcontracting", "涉嫌转包")),
        ("2025-05-14 10:00", "完成三项准备", onboard),
        ("2025-05-20 10:00", "提交 3 人名单", submit_wrong_list),
        ("2025-05-22 15:00", "审核不通过，附审核意见，十日内重新提交", reject),
        ("2025-05-30 16:00", "换人后重新提交", resubmit),
        ("2025-06-03 10:00", "审核通过", approve),
        ("2025-06-16 09:30", "2 人打卡", check_in_without_spare),
    ),
    story(
        "unreachable",
        "存量：短信始终未送达，期限不起算，改为直接送达",
        ("2025-08-04 09:30", "列为核查对象；短信没有回执", never_delivered),
        ("2025-09-20 09:30", "四十多天过去，期限没有起算", remember("无回执")),
        ("2025-09-22 10:00", "工作人员上门直接送达，登记送达回证", serve_in_person),
        ("2025-09-23 10:00", "企业在三库更新联系人手机", new_contact_upstream),
        ("2025-09-26 10:00", "次日已自动同步：用新手机找回密码，完成三项准备", forgot_password),
        ("2025-10-09 10:00", "提交名单", submit),
        ("2025-10-11 10:00", "审核通过（周六，调休上班）", approve),
        ("2025-10-20 09:30", "打卡通过", arrive),
    ),
    story(
        "held",
        "存量：工作人员暂缓，逾期也不处罚；恢复后依法继续",
        ("2025-05-06 09:30", "因挂靠线索列为核查对象", open_stock("affiliation", "涉嫌资质挂靠")),
        ("2025-05-08 10:00", "完成三项准备", onboard),
        ("2025-06-04 10:00", "企业反映园区封闭，工作人员暂缓", hold),
        ("2025-07-01 09:30", "期限早过，系统仍在等待", remember("暂缓中")),
        ("2025-07-07 10:00", "核实完毕，恢复：通知书随即发出", release),
        ("2025-07-21 10:00", "提交整改报告和名单", report_and_list),
        ("2025-07-23 15:00", "审核通过", approve),
        ("2025-08-05 09:30", "2 人打卡，通过整改", arrive),
    ),
    story(
        "spring",
        "存量：期限遇春节顺延，节后首日当晚提交有效",
        ("2026-01-16 09:30", "列为核查对象", open_stock("complaint", "群众投诉举报")),
        ("2026-01-19 10:00", "完成三项准备", onboard),
        ("2026-02-24 22:00", "2 月 16 日在春节假期，顺延至 24 日，当晚提交", submit),
        ("2026-02-26 10:00", "审核通过", approve),
        ("2026-03-10 09:30", "3 人打卡", arrive),
    ),
    story(
        "midnight",
        "存量：最后一分钟提交、零点后才出结论，仍然有效",
        ("2025-10-13 09:30", "列为核查对象", open_stock("dormant", "长期无正常经营")),
        ("2025-10-15 10:00", "完成三项准备", onboard),
        ("2025-10-20 10:00", "提交名单", submit),
        ("2025-10-22 10:00", "审核通过，11 月 22 日周六，顺延至 24 日", approve),
        ("2025-11-24 23:59", "最后一分钟提交，核验进程恰好断电，零点后恢复", attempts.at_the_last_second),
    ),
    story(
        "live-checkin",
        "进行中：等待人员打卡",
        ("2026-06-08 09:30", "列为核查对象", open_stock("complaint", "接到投诉举报")),
        ("2026-06-10 10:00", "完成三项准备", onboard),
        ("2026-06-15 10:00", "提交名单", submit),
        ("2026-06-18 10:00", "审核通过，等待打卡", approve),
    ),
    story(
        "live-review",
        "进行中：名单待审核",
        ("2026-06-10 09:30", "列为核查对象", open_stock("complaint", "接到投诉举报")),
        ("2026-06-12 10:00", "完成三项准备", onboard),
        ("2026-06-25 10:00", "提交名单，等待审核", submit),
    ),
    story(
        "live-board",
        "进行中：责令整改",
        ("2026-05-25 09:30", "列为核查对象", open_stock("complaint", "投诉举报")),
        ("2026-05-27 10:00", "登录后未再办理", onboard),
        ("2026-06-26 09:30", "逾期：责令整改，看板上可见", remember("逾期次日")),
    ),
    story(
        "cancelled",
        "存量：企业迁出，任务取消",
        ("2025-11-03 09:30", "列为核查对象", open_stock("complaint", "群众投诉举报")),
        ("2025-11-10 10:00", "企业迁出，管理员注明理由后取消", cancel),
    ),
)


def crowd_stories(keys: Sequence[str]) -> tuple[Story, ...]:
    """Ordinary firms, four at a time: 告知承诺 ones (even numbers) before their ten months are over."""
    return tuple(_ordinary(key, n) for n, key in enumerate(keys))


# (included, onboarded, submitted, approved, checked in); odd and even firms of a wave.
_WAVES = (
    ("2025-01-20", "2025-01-22", "2025-02-10", "2025-02-11", "2025-02-18"),
    ("2025-02-24", "2025-02-26", "2025-03-04", "2025-03-06", "2025-03-13"),
    ("2025-04-21", "2025-04-23", "2025-04-28", "2025-04-29", "2025-05-13"),
)


def _ordinary(key: str, n: int) -> Story:
    included, onboarded, submitted, approved, checked_in = _WAVES[n // 4]
    begin = include if n % 2 else open_stock("complaint", "接到投诉举报")
    return story(
        key,
        ORDINARY,
        (f"{included} 10:00", "", begin),
        (f"{onboarded} 10:00", "", onboard),
        (f"{submitted} 10:00", "", submit),
        (f"{approved} 15:00", "", approve),
        (f"{checked_in} 09:30", "", arrive),
    )


def all_stories(keys: Sequence[str]) -> tuple[Story, ...]:
    """Every firm's story; `keys` are those of the city."""
    crowd = [key for key in keys if key.startswith("crowd-")]
    return (*FIRST_STORIES, *STOCK_STORIES, *crowd_stories(crowd))
