"""Logging in, being locked out, changing and resetting passwords; by services and over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session, sessionmaker

from registry.crypto import Keyring
from tests.verify_api.accounts.conftest import NOW, STAFF_PASSWORD, USCC, Web, messages, secret, token_at
from verify_api.accounts.actor import Kind
from verify_api.accounts.cleaning import purge
from verify_api.accounts.login import Attempt, Refused, log_in
from verify_api.accounts.models import Account, AccountEvent, AccountSession, OneTimeCode, Throttle
from verify_api.accounts.sessions import LoggedIn, authenticate

NEW = "Xin-mima-2026"


def _staff(password: str = STAFF_PASSWORD, totp: str | None = None, ip: str = "10.0.0.1") -> Attempt:
    return Attempt(Kind.STAFF, "ShenHe1", password, ip, token_at(NOW) if totp is None else totp)


def _outcome(session: Session, attempt: Attempt, keys: Keyring) -> LoggedIn | Refused:
    return log_in(session, attempt, keys=keys, now=NOW, token_times=(NOW,))


@pytest.mark.parametrize(("steps", "fits"), [(0, True), (-1, True), (1, True), (-2, False), (2, False)])
def test_a_staff_token_is_good_for_its_half_minute_and_its_neighbours(
    session: Session, reviewer: Account, keys: Keyring, steps: int, fits: bool
) -> None:
    attempt = _staff(totp=token_at(NOW + timedelta(seconds=30 * steps)))
    assert isinstance(_outcome(session, attempt, keys), LoggedIn) is fits


def test_a_staff_token_works_once(session: Session, reviewer: Account, keys: Keyring) -> None:
    assert isinstance(_outcome(session, _staff(), keys), LoggedIn)
    assert isinstance(_outcome(session, _staff(), keys), Refused)


@pytest.mark.parametrize(
    "attempt",
    [
        _staff(password="Wrong-2026-pw"),
        _staff(totp="000000"),
        _staff(totp=""),
        _staff(totp="１２３４５６"),
        Attempt(Kind.STAFF, "nobody", STAFF_PASSWORD, "10.0.0.1", token_at(NOW)),
        Attempt(Kind.ENTERPRISE, "shenhe1", STAFF_PASSWORD, "10.0.0.1", token_at(NOW)),
    ],
    ids=["password", "token", "no token", "full-width token", "stranger", "other door"],
)
def test_whatever_does_not_fit_is_refused_in_the_same_words(
    session: Session, reviewer: Account, keys: Keyring, attempt: Attempt
) -> None:
    outcome = _outcome(session, attempt, keys)
    assert isinstance(outcome, Refused)
    assert outcome.error.code == "login_failed"


def test_staff_without_a_token_seed_cannot_log_in(session: Session, reviewer: Account, keys: Keyring) -> None:
    reviewer.totp_sealed = None
    assert isinstance(_outcome(session, _staff(), keys), Refused)


def test_a_disabled_account_is_let_in_no_more_and_its_sessions_end(
    session: Session, reviewer: Account, keys: Keyring
) -> None:
    before = _outcome(session, _staff(), keys)
    assert isinstance(before, LoggedIn)
    reviewer.disabled_at = NOW
    session.flush()
    assert authenticate(session, before.token, now=NOW) is None
    later = _staff(totp=token_at(NOW + timedelta(seconds=30)))
    assert isinstance(_outcome(session, later, keys), Refused)


def test_staff_have_to_change_a_password_after_ninety_days(
    session: Session, reviewer: Account, keys: Keyring
) -> None:
    for days, due in ((89, False), (90, True)):
        now = NOW + timedelta(days=days)
        attempt = Attempt(Kind.STAFF, "shenhe1", STAFF_PASSWORD, "10.0.0.1", token_at(now))
        outcome = log_in(session, attempt, keys=keys, now=now, token_times=(now,))
        assert isinstance(outcome, LoggedIn)
        assert outcome.must_change is due


def test_the_token_itself_is_not_in_the_database(session: Session, reviewer: Account, keys: Keyring) -> None:
    outcome = _outcome(session, _staff(), keys)
    assert isinstance(outcome, LoggedIn)
    row = session.scalars(select(AccountSession)).one()
    assert outcome.token not in repr(vars(row))


def test_every_attempt_leaves_a_line_without_the_password(
    session: Session, reviewer: Account, keys: Keyring
) -> None:
    _outcome(session, _staff(password="Wrong-2026-pw"), keys)
    _outcome(session, _staff(), keys)
    lines = session.scalars(select(AccountEvent).where(AccountEvent.event == "log_in")).all()
    assert [(line.ok, line.account_id, line.ip) for line in lines] == [
        (False, reviewer.id, "10.0.0.1"),
        (True, reviewer.id, "10.0.0.1"),
    ]


@pytest.mark.rule("SZ-02")
def test_the_first_log_in_allows_nothing_but_changing_the_password(web: Web) -> None:
    answer = web.log_in(web.secret("login_password"))
    assert answer["must_change_password"] is True
    headers = web.bearer(str(answer["token"]))
    refused = web.client.get("/api/v1/portal/profile", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "password_change_required")

    changed = web.client.post(
        "/api/v1/password", headers=headers, json={"old": web.secret("login_password"), "new": NEW}
    )
    assert changed.status_code == 204
    assert web.client.get("/api/v1/portal/profile", headers=headers).status_code == 200
    assert web.log_in(NEW)["must_change_password"] is False


@pytest.mark.rule("SZ-04")
def test_the_account_is_the_uscc_in_any_spelling(web: Web) -> None:
    typed = {"account": f" {USCC.lower()} ", "password": web.secret("login_password")}
    assert web.client.post("/api/v1/sessions", json=typed).status_code == 200


@pytest.mark.rule("SZ-02")
@pytest.mark.parametrize(("days", "status"), [(6.99, 200), (7, 401)])
def test_a_one_time_password_is_good_for_seven_days(web: Web, days: float, status: int) -> None:
    typed = {"account": USCC, "password": web.secret("login_password")}
    web.clock.forward(days=days)
    answer = web.client.post("/api/v1/sessions", json=typed)
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "password_expired"


@pytest.mark.parametrize("account", [USCC, "91440300MA5EX00207"], ids=["known", "unknown"])
def test_five_failures_lock_a_known_and_an_unknown_account_alike(web: Web, account: str) -> None:
    typed = {"account": account, "password": "Wrong-2026-pw"}
    answers = [web.client.post("/api/v1/sessions", json=typed) for _ in range(7)]
    assert [(one.status_code, one.json()["code"]) for one in answers] == (
        [(401, "login_failed")] * 5 + [(429, "login_locked")] * 2
    )
    assert answers[-1].headers["retry-after"] == "1801"
    right = {"account": account, "password": web.secret("login_password")}
    assert web.client.post("/api/v1/sessions", json=right).status_code == 429
    web.clock.forward(minutes=30)
    assert web.client.post("/api/v1/sessions", json=right).status_code == (200 if account == USCC else 401)


def test_many_failures_from_one_address_lock_the_address(web: Web) -> None:
    codes = []
    for n in range(51):
        typed = {"account": f"guess{n}", "password": "Wrong-2026-pw"}
        codes.append(web.client.post("/api/v1/sessions", json=typed).status_code)
    assert codes == [401] * 50 + [429]


@pytest.mark.parametrize(("minutes", "status"), [([29, 29, 29], 200), ([30], 401), ([29] * 25, 401)])
def test_a_session_lasts_while_it_is_used_and_at_most_half_a_day(
    web: Web, minutes: list[int], status: int
) -> None:
    headers = _ready_to_work(web)
    for gap in minutes:
        web.clock.forward(minutes=gap)
        answer = web.client.get("/api/v1/portal/profile", headers=headers)
    assert answer.status_code == status


def test_logging_out_ends_this_session_alone(web: Web) -> None:
    first, second = _ready_to_work(web), web.bearer(str(web.log_in(NEW)["token"]))
    assert web.client.delete("/api/v1/sessions", headers=first).status_code == 204
    assert web.client.get("/api/v1/portal/profile", headers=first).status_code == 401
    assert web.client.get("/api/v1/portal/profile", headers=second).status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("Wrong-2026-pw", "Another-2026", "old_password_wrong"),
        (NEW, "short", "password_too_weak"),
        (NEW, NEW, "password_unchanged"),
    ],
)
def test_a_password_is_not_changed_for_one_that_will_not_do(web: Web, old: str, new: str, code: str) -> None:
    headers = _ready_to_work(web)
    answer = web.client.post("/api/v1/password", headers=headers, json={"old": old, "new": new})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    web.log_in(NEW)


def test_guessing_the_old_password_from_a_stolen_session_locks(web: Web) -> None:
    headers = _ready_to_work(web)
    typed = {"old": "Wrong-2026-pw", "new": "Another-2026"}
    codes = [web.client.post("/api/v1/password", headers=headers, json=typed).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]


@pytest.mark.rule("SZ-05")
def test_a_forgotten_password_is_reset_with_a_code_to_the_contact_and_all_sessions_end(web: Web) -> None:
    headers = _ready_to_work(web)
    assert web.client.post("/api/v1/password/reset/code", json={"account": USCC}).status_code == 202
    body = {"account": USCC, "code": web.secret("reset_code"), "new": "Chongzhi-2026"}
    assert web.client.post("/api/v1/password/reset", json=body).status_code == 204
    assert web.client.get("/api/v1/portal/profile", headers=headers).status_code == 401
    assert web.log_in("Chongzhi-2026")["must_change_password"] is False
    again = web.client.post("/api/v1/password/reset", json=body | {"new": "Dierci-2026!"})
    assert again.json()["code"] == "code_wrong"


@pytest.mark.rule("SZ-05")
def test_a_reset_opens_a_locked_account(web: Web) -> None:
    for _ in range(5):
        web.client.post("/api/v1/sessions", json={"account": USCC, "password": "Wrong-2026-pw"})
    web.client.post("/api/v1/password/reset/code", json={"account": USCC})
    body = {"account": USCC, "code": web.secret("reset_code"), "new": "Chongzhi-2026"}
    assert web.client.post("/api/v1/password/reset", json=body).status_code == 204
    web.log_in("Chongzhi-2026")


@pytest.mark.rule("SZ-05")
def test_known_and_unknown_accounts_get_the_same_answers_all_the_way(web: Web) -> None:
    told = []
    for account in (USCC, "91440300MA5EX00207"):
        wrong = {"account": account, "code": "x", "new": "Chongzhi-2026"}
        answers = [
            web.client.post("/api/v1/password/reset/code", json={"account": account}),
            web.client.post("/api/v1/password/reset/code", json={"account": account}),
            *(web.client.post("/api/v1/password/reset", json=wrong) for _ in range(6)),
        ]
        told.append([(one.status_code, one.json(), one.headers.get("retry-after")) for one in answers])
    assert told[0] == told[1]
    assert [status for status, _, _ in told[0]] == [202, 429] + [422] * 6
    assert [message.kind for message in messages(web.session)].count("reset_code") == 1


@pytest.mark.rule("SZ-05")
@pytest.mark.parametrize(("seconds", "status"), [(299, 204), (300, 422)])
def test_a_code_is_good_for_five_minutes(web: Web, seconds: int, status: int) -> None:
    web.client.post("/api/v1/password/reset/code", json={"account": USCC})
    body = {"account": USCC, "code": web.secret("reset_code"), "new": "Chongzhi-2026"}
    web.clock.forward(seconds=seconds)
    assert web.client.post("/api/v1/password/reset", json=body).status_code == status


@pytest.mark.rule("SZ-05")
@pytest.mark.parametrize(("wrong_tries", "status"), [(4, 204), (5, 422)])
def test_a_code_takes_five_tries(web: Web, wrong_tries: int, status: int) -> None:
    web.client.post("/api/v1/password/reset/code", json={"account": USCC})
    body = {"account": USCC, "code": web.secret("reset_code"), "new": "Chongzhi-2026"}
    for _ in range(wrong_tries):
        web.client.post("/api/v1/password/reset", json=body | {"code": "no"})
    assert web.client.post("/api/v1/password/reset", json=body).status_code == status


@pytest.mark.rule("SZ-05")
def test_codes_are_sent_once_a_minute_and_ten_times_a_day(web: Web) -> None:
    def ask() -> int:
        return int(web.client.post("/api/v1/password/reset/code", json={"account": USCC}).status_code)

    assert (ask(), web.clock.forward(seconds=59) and ask(), web.clock.forward(seconds=1) and ask()) == (
        202,
        429,
        202,
    )
    for _ in range(8):
        web.clock.forward(seconds=60)
        assert ask() == 202
    web.clock.forward(seconds=60)
    assert ask() == 429
    web.clock.forward(days=1)
    assert ask() == 202


def test_staff_passwords_are_not_reset_by_sms(web: Web) -> None:
    web.client.post("/api/v1/password/reset/code", json={"account": "shenhe1"})
    assert "reset_code" not in [message.kind for message in messages(web.session)]


def test_staff_log_in_over_http_with_their_role(web: Web) -> None:
    typed = {"account": "shenhe1", "password": STAFF_PASSWORD, "totp": token_at(NOW)}
    answer = web.client.post("/api/v1/staff/sessions", json=typed)
    assert answer.status_code == 200
    assert answer.json()["role"] == "reviewer"
    headers = web.bearer(answer.json()["token"])
    assert web.client.get("/api/v1/portal/profile", headers=headers).json()["code"] == "forbidden"


@pytest.mark.parametrize(
    "body",
    [
        {"account": USCC},
        {"account": USCC, "password": "x", "extra": 1},
        {"account": USCC, "password": "x" * 257},
        {"account": None, "password": "x"},
        [],
    ],
)
def test_a_malformed_log_in_is_refused_without_repeating_what_was_typed(web: Web, body: object) -> None:
    answer = web.client.post("/api/v1/sessions", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")
    assert "xxxx" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}],
)
def test_without_a_good_token_nothing_is_shown(web: Web, headers: dict[str, str]) -> None:
    answer = web.client.get("/api/v1/portal/profile", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def _ready_to_work(web: Web) -> dict[str, str]:
    """Headers of an enterprise that has changed its first password to NEW."""
    first = web.secret("login_password")
    headers = web.bearer(str(web.log_in(first)["token"]))
    web.client.post("/api/v1/password", headers=headers, json={"old": first, "new": NEW})
    return headers


def test_the_password_sms_carries_account_and_password_once(
    session: Session, included: Account, keys: Keyring
) -> None:
    (message,) = messages(session)
    assert (message.kind, message.to_phone, message.enterprise_id) == (
        "login_password",
        "10000000001",
        included.enterprise_id,
    )
    assert USCC in message.text
    assert secret(session, "login_password", keys) not in message.text


@pytest.mark.rule("SZ-05")
def test_wrong_codes_from_one_address_lock_the_address(web: Web) -> None:
    codes = []
    for n in range(51):
        body = {"account": f"guess{n}", "code": "000000", "new": "Chongzhi-2026"}
        codes.append(web.client.post("/api/v1/password/reset", json=body).status_code)
    assert codes == [422] * 50 + [429]


def test_what_is_over_is_dropped_and_the_trail_stays(web: Web) -> None:
    headers = _ready_to_work(web)
    web.client.post("/api/v1/password/reset/code", json={"account": USCC})
    web.clock.forward(days=1)
    purge(web.session, now=web.clock.now)
    assert len(web.session.scalars(select(AccountSession)).all()) == 1
    web.clock.forward(days=2)
    purge(web.session, now=web.clock.now)
    for table in (AccountSession, OneTimeCode, Throttle):
        assert web.session.scalars(select(table)).all() == []
    assert web.session.scalars(select(AccountEvent)).all() != []
    assert web.client.get("/api/v1/portal/profile", headers=headers).status_code == 401


def test_many_guesses_at_once_are_counted_one_by_one(engine: Engine, keys: Keyring) -> None:
    attempt = Attempt(Kind.ENTERPRISE, "91440300MA5EX00999", "Wrong-2026-pw", "10.9.9.9")
    sessions = sessionmaker(engine)

    def guess(_n: int) -> str:
        with sessions.begin() as session:
            outcome = log_in(session, attempt, keys=keys, now=NOW, token_times=())
        assert isinstance(outcome, Refused)
        return outcome.error.code

    try:
        with ThreadPoolExecutor(8) as pool:
            codes = list(pool.map(guess, range(16)))
        assert sorted(codes) == ["login_failed"] * 5 + ["login_locked"] * 11
    finally:
        with sessions.begin() as session:
            session.execute(delete(Throttle))
            session.execute(delete(AccountEvent))
