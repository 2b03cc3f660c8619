"""What firms and officers do in a story: each act is one thing one of them does, over HTTP."""

from collections.abc import Callable

from daka.simulation import attempts
from daka.simulation.desk import Desk

Act = Callable[[Desk], None]

# Acts. What they leave to be done (SMS, documents) the scheduler does at the end of the moment.


def include(desk: Desk) -> None:
    """列入核查: account, password by SMS, FIRST case of the 告知承诺 items (SZ-02)."""
    cases = desk.world.admin.include(desk.firm.uscc)
    if cases:
        (desk.case,) = cases


def open_stock(reason: str, note: str) -> Act:
    """A STOCK case for one of the reasons of SZ-31."""

    def act(desk: Desk) -> None:
        desk.case = desk.world.admin.open_stock_case(desk.firm.uscc, reasons={reason: note})

    return act


def sign_up(desk: Desk) -> None:
    """First log-in."""
    desk.sign_up()


def onboard(desk: Desk) -> None:
    """First log-in and the three gates."""
    desk.sign_up()
    desk.pass_gates()


def gates(desk: Desk) -> None:
    """The three gates, for whoever has logged in before."""
    desk.pass_gates()


def forgot_password(desk: Desk) -> None:
    """找回密码, then the gates."""
    desk.reset_password()
    desk.pass_gates()


def submit(desk: Desk) -> None:
    """The list is sent."""
    desk.submit()


def submit_too_few(desk: Desk) -> None:
    """The list is one person short and is refused on the spot."""
    people = desk.upload_papers(desk.firm.going[:-1])
    answer = desk.portal.check(desk.case, people)
    if answer["ok"]:
        raise AssertionError(f"{desk.firm.key}: a list one person short would be taken")
    attempts.refused(desk, lambda: desk.portal.submit(desk.case, people), kind="名单不足")


def submit_wrong_list(desk: Desk) -> None:
    """A list the reviewer will not like: formally enough, with the spare person on it."""
    desk.submit(desk.firm.going)


def resubmit(desk: Desk) -> None:
    """The same without the spare person."""
    desk.submit(desk.firm.going[:-1])


def approve(desk: Desk) -> None:
    """审核通过."""
    desk.world.reviewer.claim(desk.case)
    desk.world.reviewer.approve(desk.case, "材料齐全，同意开启打卡。")


def reject(desk: Desk) -> None:
    """审核不通过, with an opinion."""
    desk.world.reviewer.claim(desk.case)
    desk.world.reviewer.reject(desk.case, "名单中有一人职称证书扫描件与登记专业不符，请更换后重新提交。")


def arrive(desk: Desk) -> None:
    """Everybody who goes checks in; firms that arrive at one moment do so side by side."""
    desk.check_in(desk.firm.going)


def check_in(*which: int) -> Act:
    """Those people of the ones who go check in."""

    def act(desk: Desk) -> None:
        going = desk.firm.going
        desk.check_in([going[n] for n in which])

    return act


def check_in_without_spare(desk: Desk) -> None:
    """Those on the second list."""
    desk.check_in(desk.firm.going[:-1])


def report_and_list(desk: Desk) -> None:
    """整改报告 and a new list (SZ-35)."""
    desk.report_rectification()
    desk.submit()


def nothing(desk: Desk) -> None:
    """Nobody does anything: the scheduler alone acts."""


def remember(what: str) -> Act:
    """Keep the state of this moment for the reckoning."""
    return lambda desk: desk.remember(what)


def hold(desk: Desk) -> None:
    """暂缓 with a reason."""
    desk.world.admin.hold(desk.case, "企业反映注册地址所在园区临时封闭，待核实")


def release(desk: Desk) -> None:
    """恢复."""
    desk.world.admin.release(desk.case, "已核实，园区恢复通行")


def never_delivered(desk: Desk) -> None:
    """The carrier reports nothing, ever, for this number."""
    desk.world.sms.post("/behaviour", {"phone": desk.contact_phone, "fate": "never"})
    open_stock("dormant", "取得资质后长期无正常经营")(desk)


def serve_in_person(desk: Desk) -> None:
    """Service by other means, with proof."""
    served = desk.world.now().date()
    proof = "送达回证：示例-2025-017，企业负责人签收"
    desk.world.reviewer.serve(desk.case, on=served, method="in_person", proof=proof)


def new_contact_upstream(desk: Desk) -> None:
    """The firm mends its contact in 三库; the nightly sync brings it."""
    desk.contact_phone = "10000009001"
    contact = {"name": desk.firm.record["contact"]["name"], "phone": desk.contact_phone}
    desk.world.change_upstream(desk.firm.uscc, contact=contact, version="2")


def cancel(desk: Desk) -> None:
    """取消任务 with a reason."""
    desk.world.admin.cancel(desk.case, "企业已办理迁出手续，不再由本市核查")
