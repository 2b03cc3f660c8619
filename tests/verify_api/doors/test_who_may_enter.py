"""Who gets past each door. A new route has to be entered here, or the test says so.

A letter stands for a caller who is let in: n nobody, p a check-in person, s another firm ("stranger"), f the
firm whose case it is, r reviewer, a admin, d decider, u auditor. Let in means: the answer is about the
matter, not about who asks. `-` lets in nobody of these: a log-in checks what was typed, a visitor's form
needs the cookie of its page, receipts need the provider's token, the store's officers need a post.
"""

import gc
import warnings
from pathlib import Path

from httpx import Response

from tests.verify_api.doors.callers import EVERYBODY, FIRM, NOBODY, PERSON, STRANGER, Headers, every_door
from tests.verify_api.doors.knocking import Ground, acts_of, knock
from tests.verify_api.pages.conftest import Built, Site
from verify_api.cases.access import RoleMissing

LETTERS = dict(zip(EVERYBODY, "npsfradu", strict=True))
TABLE = Path(__file__).with_name("doors.txt")
ROLE_MISSING = "您的岗位不能进行此操作"


def is_let_in(caller: str, answer: Response) -> bool:
    """Whether the answer is about the matter. To a firm or a person, "absent" is how "not yours" is said."""
    if answer.status_code in (401, 403) or "/login" in answer.headers.get("location", ""):
        return False
    if answer.status_code == 404 and caller in (NOBODY, PERSON, STRANGER, FIRM):
        return False
    return answer.status_code != 422 or ROLE_MISSING not in answer.text


def found(site: Site, built: Built, behind: Ground, who: dict[str, Headers]) -> dict[str, str]:
    """The table as the running application answers it."""
    rows = {}
    for door, _ in every_door(site.client.app):
        for act in acts_of(door):
            let_in = ""
            for caller in EVERYBODY:
                site.client.cookies.clear()
                before = built.connection.begin_nested()
                answer = knock(site.client, behind, door, who[caller], act)
                before.rollback()
                assert answer.status_code != 500, (door, act, caller)
                let_in += LETTERS[caller] if is_let_in(caller, answer) else ""
            rows[door.label.replace("{act}", act)] = let_in or "-"
    return rows


def expected() -> dict[str, str]:
    """The table on file."""
    lines = (line.rsplit(None, 1) for line in TABLE.read_text().splitlines() if line.strip())
    return {label.strip(): letters for label, letters in lines}


# A file sent to a form that asks for none is closed by the garbage collector.
def test_every_door_lets_in_whom_the_table_names_and_nobody_else(
    site: Site, built: Built, behind: Ground, who: dict[str, Headers]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        answered = found(site, built, behind, who)
        gc.collect()
    assert answered == expected()


def test_the_sentence_that_tells_a_missing_role_is_the_one_looked_for() -> None:
    assert RoleMissing(ROLE_MISSING).code == "role_missing"
