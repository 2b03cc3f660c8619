"""A small bureau for page tests: staff who can log in, and firms whose cases stand in every kind of state."""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from registry.crypto import Keyring
from registry.enterprises.models import Origin
from registry.people.models import PersonCertificate
from tests.verify_api.accounts.films import film
from tests.verify_api.factories import Firm, at, make_firm
from verify_api.accounts import staff
from verify_api.accounts.actor import SYSTEM, Actor, Role
from verify_api.accounts.inclusion import include_enterprise
from verify_api.accounts.login import set_password
from verify_api.accounts.mailing import Mailing
from verify_api.accounts.models import Account
from verify_api.accounts.onboarding import RULES_VERSION, confirm_info, read_rules, store_licence, store_video
from verify_api.accounts.sessions import actor_of
from verify_api.cases import handwork, lists, review, serving
from verify_api.cases.files import add_report
from verify_api.cases.models import Case, CertificateFile
from verify_api.cases.openings import GivenReason, StockReason, open_first_cases, open_stock_case
from verify_api.checkins.models import Attempt, AttemptFrame, AttemptState
from verify_api.checkins.service import PURPOSE
from verify_api.checkins.verification import accept
from verify_api.deadlines.sweep import act
from verify_api.evidence.store import EvidenceStore, StoredFile
from verify_api.messages.outbox import BUREAU
from verify_api.policy.values import Accounts

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "Kaoyan-2026-ok"
NAMES = ("岭南", "前海", "鹏城", "莲塘", "梧桐", "深湾", "侨香", "笔架山", "大沙河", "皇岗")
FAMILY = ("陈", "李", "黄", "张", "林", "吴", "刘", "罗", "周", "郑", "何")


def valid_uscc(n: int) -> str:
    """An invented code with a right check digit."""
    body = f"91440300MA5EX{n:04d}"
    return body + str(uscc.calc_check_digit(body))


@dataclass
class Bureau:
    """Staff, firms and cases."""

    session: Session
    keys: Keyring
    evidence: EvidenceStore
    staff: dict[Role, Actor] = field(default_factory=dict)
    firms: dict[str, Firm] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)

    def hire(self) -> None:
        """One member of staff for each role; log-in name is the role."""
        for role in Role:
            staff.add_staff(
                self.session,
                username=f"{role}1",
                name={
                    "reviewer": "审核员甲",
                    "admin": "管理员乙",
                    "decider": "决定人丙",
                    "auditor": "审计员丁",
                }[role],
                role=role,
                keys=self.keys,
                now=at("2026-11-01 09:00"),
                password=PASSWORD,
                totp_secret=SEED,
            )
            account = self.session.scalars(select(Account).where(Account.username == f"{role}1")).one()
            self.staff[role] = actor_of(account)

    def include(self, name: str, *, origin: Origin, now: datetime, is_ready: bool = True) -> Firm:
        """A firm with an account; its password is PASSWORD."""
        firm = make_firm(
            self.session,
            origin=origin,
            issued=now.date().replace(day=1) if origin is Origin.COMMITMENT else date(2024, 5, 6),
            valid_to=date(2027, 6, 30) if origin is Origin.COMMITMENT else date(2029, 5, 5),
            permit_to=date(2028, 1, 1),
            now=now,
        )
        n = len(self.firms) + 1
        firm.enterprise.name = f"深圳示例{NAMES[n % len(NAMES)]}建设有限公司"
        self._name(firm, valid_uscc(n))
        firm.enterprise.legal_representative = "示例法定代表人"
        for k, person in enumerate(firm.people):
            person.name = f"{FAMILY[k % len(FAMILY)]}示例{'甲乙丙丁戊己庚辛壬癸子'[k]}"
        self._scans(firm)
        admin = self.staff[Role.ADMIN]
        mailing = Mailing(self.keys, BUREAU)
        include_enterprise(
            self.session, enterprise_id=firm.enterprise.id, actor=admin, mailing=mailing, now=now
        )
        account = self.account(firm)
        set_password(account, PASSWORD, Accounts(), now=now)
        self.firms[name] = firm
        if is_ready:
            self._ready(actor_of(account), now)
        return firm

    def _name(self, firm: Firm, code: str) -> None:
        """Give the firm a code with a right check digit, on its people's certificates too."""
        mine = PersonCertificate.employer_uscc == firm.enterprise.uscc
        self.session.execute(update(PersonCertificate).where(mine).values(employer_uscc=code))
        firm.enterprise.uscc = code
        self.session.flush()

    def account(self, firm: Firm) -> Account:
        """The firm's account."""
        found = select(Account).where(Account.enterprise_id == firm.enterprise.id)
        return self.session.scalars(found).one()

    def _scans(self, firm: Firm) -> None:
        page = self.evidence.put(_jpeg(), media_type="image/jpeg")
        mine = select(CertificateFile).where(CertificateFile.enterprise_id == firm.enterprise.id)
        for row in self.session.scalars(mine):
            row.sha256, row.size = page.sha256, page.size
        self.session.flush()

    def _ready(self, actor: Actor, now: datetime) -> None:
        licence = self.evidence.put(_jpeg(), media_type="image/jpeg")
        video = self.evidence.put(film(30), media_type="video/mp4")
        read_rules(self.session, actor=actor, version=RULES_VERSION, now=now)
        confirm_info(self.session, actor=actor, now=now)
        store_licence(self.session, actor=actor, file=licence, now=now)
        store_video(self.session, actor=actor, file=video, duration_s=30, now=now)

    def first(self, name: str, now: datetime) -> Case:
        """A FIRST case of a new firm."""
        firm = self.include(name, origin=Origin.COMMITMENT, now=now)
        [case] = open_first_cases(
            self.session, enterprise=firm.enterprise, actor=self.staff[Role.ADMIN], now=now
        )
        self.cases[name] = case
        return case

    def stock(self, name: str, now: datetime, *, is_served: bool = True) -> Case:
        """A STOCK case of a new firm, served at once unless told otherwise."""
        firm = self.include(name, origin=Origin.ORDINARY, now=now)
        case, _ = open_stock_case(
            self.session,
            enterprise=firm.enterprise,
            reasons=[GivenReason(StockReason.WAGE_ARREARS, "接到投诉")],
            item_ids=None,
            actor=self.staff[Role.ADMIN],
            now=now,
        )
        if is_served:
            serving.serve_by_receipt(self.session, case, delivered_at=now, message_id=1, now=now)
        self.cases[name] = case
        return case

    def submit(self, name: str, now: datetime) -> None:
        """The firm sends a list that is just enough."""
        firm = self.firms[name]
        actor = actor_of(self.account(firm))
        lists.submit(self.session, self.cases[name], people=firm.enough, actor=actor, now=now)

    def approve(self, name: str, now: datetime) -> None:
        """The reviewer approves."""
        reviewer = self.staff[Role.REVIEWER]
        review.approve(self.session, self.cases[name], opinion="材料齐全", actor=reviewer, now=now)

    def come(self, name: str, how_many: int, now: datetime) -> None:
        """So many of the listed people check in."""
        case = self.cases[name]
        [row] = [one for one in _lists(self.session, case) if one.status == "approved"][:1]
        for person in [one["person"] for one in row.people][:how_many]:
            accept(
                self.session,
                case,
                list_id=row.id,
                person_id=person,
                attempt_id=None,
                method="window",
                received_at=now,
                actor=SYSTEM,
                now=now,
            )

    def sweep(self, name: str, now: datetime) -> None:
        """The deadline sweep looks at this case."""
        act(self.session, self.cases[name].id, now=now)

    def serve_notice(self, name: str, now: datetime) -> None:
        """The carrier reports the notice's SMS as delivered."""
        serving.serve_by_receipt(self.session, self.cases[name], delivered_at=now, message_id=2, now=now)

    def report(self, name: str, now: datetime) -> None:
        """The firm hands in its report."""
        file: StoredFile = self.evidence.put(_jpeg(), media_type="image/jpeg")
        actor = actor_of(self.account(self.firms[name]))
        add_report(
            self.session, self.cases[name], text="已补齐人员，附社保证明。", file=file, actor=actor, now=now
        )

    def try_(self, name: str, person: int, state: AttemptState, now: datetime, **more: Any) -> Attempt:
        """An attempt as the door and the verification would have left it, with three frames."""
        case = self.cases[name]
        row = _lists(self.session, case)[0]
        n = len(self.session.scalars(select(Attempt.id)).all())
        attempt = Attempt(
            public_id=f"{n:032x}",
            case_id=case.id,
            list_id=row.id,
            person_id=person,
            state=state.value,
            fence=row.fence,
            device={"id": "d1", "model": "示例手机"},
            device_id="d1",
            prompts=[
                {"n": 1, "ask": "front", "say": "请正对镜头"},
                {"n": 2, "ask": "turn_left", "say": "请向左转头"},
            ],
            opened_at=now,
            policy_version="1",
            risks=[],
            **more,
        )
        self.session.add(attempt)
        self.session.flush()
        if state is not AttemptState.REFUSED:
            for k, shade in enumerate(("#caa684", "#c49f7c", "#d0ac8b")):
                self._frame(attempt, k, portrait(shade), now)
        return attempt

    def _frame(self, attempt: Attempt, k: int, data: bytes, now: datetime) -> None:
        sealed = self.keys.seal(data, purpose=PURPOSE)
        self.session.add(
            AttemptFrame(
                attempt_id=attempt.id,
                n=1 + k // 2,
                seq=k % 2,
                sha256=f"{attempt.id:032x}{k:032x}",
                stored_sha256=self.evidence.put(sealed, media_type="application/octet-stream").sha256,
                size=len(data),
                received_at=now,
            )
        )
        self.session.flush()


def portrait(shade: str) -> bytes:
    """A drawn face: no living person."""
    import io

    from PIL import Image, ImageDraw

    page = Image.new("RGB", (320, 400), "#dfe6ee")
    draw = ImageDraw.Draw(page)
    draw.ellipse((40, 300, 280, 520), fill="#4b6a8f")
    draw.ellipse((85, 70, 235, 280), fill=shade)
    draw.pieslice((80, 55, 240, 220), 180, 360, fill="#2b2622")
    for x in (125, 180):
        draw.ellipse((x, 160, x + 18, 172), fill="#222")
    draw.arc((130, 205, 190, 245), 20, 160, fill="#7a3b34", width=4)
    out = io.BytesIO()
    page.save(out, "JPEG")
    return out.getvalue()


def _lists(session: Session, case: Case) -> list:  # type: ignore[type-arg]
    from verify_api.cases.queries import lists as versions

    return versions(session, case.id)


def _jpeg() -> bytes:
    """A plain page as a JPEG."""
    import io

    from PIL import Image, ImageDraw

    page = Image.new("RGB", (640, 440), "#f6f1e4")
    draw = ImageDraw.Draw(page)
    draw.rectangle((24, 24, 616, 416), outline="#a33", width=4)
    draw.rectangle((60, 80, 240, 100), fill="#888")
    for k in range(6):
        draw.rectangle((60, 150 + 36 * k, 580 - 40 * (k % 3), 160 + 36 * k), fill="#bbb")
    out = io.BytesIO()
    page.save(out, "JPEG")
    return out.getvalue()


def a_busy_autumn(bureau: Bureau) -> datetime:
    """Cases in every kind of state, as they stand on 2026-11-20 at ten; returns that moment."""
    bureau.hire()
    now = at("2026-11-20 10:00")
    bureau.first("open", at("2026-09-07 09:00"))
    bureau.first("submitted", at("2026-08-03 09:00"))
    bureau.submit("submitted", at("2026-11-13 16:20"))
    bureau.first("checking", at("2026-08-03 09:00"))
    bureau.submit("checking", at("2026-10-26 16:20"))
    bureau.approve("checking", at("2026-10-27 10:00"))
    bureau.come("checking", 4, at("2026-11-10 15:00"))
    bureau.first("passed", at("2026-08-03 09:00"))
    bureau.submit("passed", at("2026-09-07 16:20"))
    bureau.approve("passed", at("2026-09-08 10:00"))
    bureau.come("passed", 6, at("2026-09-20 15:00"))
    bureau.stock("notifying", at("2026-11-19 09:00"), is_served=False)
    bureau.stock("rectifying", at("2026-09-21 09:00"))
    bureau.sweep("rectifying", at("2026-10-22 00:01"))
    bureau.serve_notice("rectifying", at("2026-10-22 09:00"))
    bureau.stock("reported", at("2026-09-14 09:00"))
    bureau.sweep("reported", at("2026-10-15 00:01"))
    bureau.serve_notice("reported", at("2026-10-26 09:00"))
    bureau.report("reported", at("2026-11-02 11:00"))
    bureau.stock("rechecking", at("2026-08-10 09:00"))
    bureau.sweep("rechecking", at("2026-09-11 00:01"))
    bureau.serve_notice("rechecking", at("2026-09-11 09:00"))
    bureau.report("rechecking", at("2026-09-21 11:00"))
    bureau.submit("rechecking", at("2026-10-09 11:00"))
    bureau.approve("rechecking", at("2026-10-27 10:00"))
    bureau.come("rechecking", 3, at("2026-11-10 15:00"))
    bureau.stock("revoked", at("2026-06-01 09:00"))
    bureau.sweep("revoked", at("2026-07-02 00:01"))
    bureau.serve_notice("revoked", at("2026-07-02 09:00"))
    bureau.sweep("revoked", at("2026-08-04 00:01"))
    some_attempts(bureau)
    bureau.stock("held", at("2026-10-12 09:00"))
    handwork.hold(
        bureau.session,
        bureau.cases["held"],
        reason="企业正在办理注册地址变更",
        actor=bureau.staff[Role.ADMIN],
        now=at("2026-11-11 09:00"),
    )
    return now


def some_attempts(bureau: Bureau) -> None:
    """Refused, rejected and doubtful attempts on the case people are checking in for."""
    firm = bureau.firms["checking"]
    reference = bureau.evidence.put(portrait("#caa684"), media_type="image/jpeg").sha256
    for one in firm.people:
        one.photo_sha256 = reference
    away = {"longitude": 114.0668, "latitude": 22.5431, "datum": "wgs84", "accuracy_m": 22.0}
    there = {"longitude": 114.0585, "latitude": 22.5440, "datum": "wgs84", "accuracy_m": 18.0}
    inside = {"verdict": "inside", "edge_distance_m": -186.2, "hint": "您在打卡范围内。", "accuracy_m": 18.0}
    outside = {
        "verdict": "outside",
        "edge_distance_m": 613.4,
        "hint": "请向西走约613米。",
        "accuracy_m": 22.0,
    }
    far = [{"code": "outside_fence", "message": "您距打卡范围边缘还有约613米", "hint": "请向西走约613米"}]
    doubt = [{"code": "face_uncertain", "message": "系统不能确定是否本人，将由工作人员复核", "hint": ""}]
    other = [{"code": "face_mismatch", "message": "与登记照片不是同一人", "hint": "请由本人打卡"}]
    figures = {"distance": 0.52, "good_frames": 3, "face": {"frames": []}}
    bands = {"accept": 0.45, "review": 0.6, "model_id": "dlib-resnet-v1"}
    late = firm.enough[4]
    bureau.try_(
        "checking",
        late,
        AttemptState.REFUSED,
        at("2026-11-18 09:12"),
        position=away,
        place=outside,
        reasons=far,
    )
    bureau.try_(
        "checking",
        late,
        AttemptState.REJECTED,
        at("2026-11-18 09:40"),
        position=there,
        place=inside,
        reasons=other,
        received_at=at("2026-11-18 09:41"),
        decided_at=at("2026-11-18 09:41"),
        decided_by="system",
        measures=figures | {"distance": 0.78},
        thresholds=bands,
    )
    bureau.try_(
        "checking",
        late,
        AttemptState.NEEDS_REVIEW,
        at("2026-11-20 08:55"),
        position=there,
        place=inside,
        reasons=doubt,
        received_at=at("2026-11-20 08:56"),
        measures=figures,
        thresholds=bands,
    )


def log_in_enterprise(client: TestClient, bureau: Bureau, name: str) -> None:
    """Log the firm in through its page."""
    account = bureau.firms[name].enterprise.uscc
    answer = post(client, "/login", {"account": account, "password": PASSWORD, "next": ""}, on="/login")
    assert answer.status_code == 303, answer.text


def log_in_staff(client: TestClient, role: Role, now: datetime) -> None:
    """Log a member of staff in through the page."""
    import pyotp

    typed = {"account": f"{role}1", "password": PASSWORD, "totp": pyotp.TOTP(SEED).at(now), "next": ""}
    answer = post(client, "/console/login", typed, on="/console/login")
    assert answer.status_code == 303, answer.text


def token_on(html: str) -> str:
    """The CSRF token of a page."""
    return html.split('name="csrf" value="', 1)[1].split('"', 1)[0]


def post(client: TestClient, path: str, fields: dict[str, object], *, on: str, **more: object):  # type: ignore[no-untyped-def]
    """Post a form as a browser would that has the page `on` open."""
    page = client.get(on, headers={"Accept": "text/html"})
    body = fields | {"csrf": token_on(page.text)}
    return client.post(path, data=body, headers={"Accept": "text/html"}, follow_redirects=False, **more)  # type: ignore[arg-type]


def evidence_in(folder: Path) -> EvidenceStore:
    """A store in a folder."""
    return EvidenceStore.open(str(folder))
