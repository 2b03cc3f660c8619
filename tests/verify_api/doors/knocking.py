"""A request that would do at each door: real ids in its path, and a body in the shape the door asks for."""

import json
import re
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select

from tests.verify_api.doors.callers import Door, Headers
from tests.verify_api.pages.world import Bureau
from verify_api.accounts.actor import Role
from verify_api.cases.ground import ground_on
from verify_api.cases.handwork import propose
from verify_api.cases.models import CertificateFile, RectificationReport
from verify_api.cases.transition import note
from verify_api.checkins.models import AttemptFrame, AttemptState
from verify_api.console.case_pages import ACTS as CASE_ACTS
from verify_api.console.enterprise_pages import ACTS as ENTERPRISE_ACTS
from verify_api.notices.models import Notice
from verify_api.pages.assets import _SERVED

Json = dict[str, Any]

# What a page's form may carry: every field that some form has, with a value of the right kind.
FORM = {
    "reason": "示例理由",
    "opinion": "示例意见",
    "text": "示例内容",
    "note": "示例说明",
    "document": "示例证件",
    "proof": "示例凭证",
    "served_on": "2026-11-19",
    "method": "in_person",
    "last_day": "2026-12-31",
    "action": "void_approval",
    "agreed": "yes",
    "upheld": "no",
    "verdict": "reject",
    "name": "示例甲",
    "phone": "13800000000",
    "n": "1",
    "seq": "1",
}


@dataclass(frozen=True)
class Ground:
    """What stands behind the doors: one case with everything that hangs on it."""

    ids: dict[str, str]
    real: Json  # Values that a body needs by name, lest the door refuse before it asks who is there.
    spec: Json

    @property
    def form(self) -> dict[str, str]:
        """What forms name by number."""
        return {"attempt": self.ids["attempt"], "proposal": self.ids["proposal_id"]}

    def address(self, path: str, **other: str) -> str:
        """The path with real ids in it."""
        values = self.ids | other
        return re.sub(r"{(\w+)(?::\w+)?}", lambda found: values.get(found.group(1), "1"), path)

    def operation(self, door: Door) -> Json:
        """What the OpenAPI document says of the door; empty for a page."""
        found: Json = self.spec["paths"].get(door.path, {}).get(door.method.lower(), {})
        return found

    def body(self, door: Door) -> Any:
        """A JSON body of the right shape; None if the door takes none."""
        content = self.operation(door).get("requestBody", {}).get("content", {})
        return self._sample(content["application/json"]["schema"]) if "application/json" in content else None

    def _sample(self, schema: Json) -> Any:
        if "$ref" in schema:
            return self._sample(self.spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
        for several in ("anyOf", "oneOf", "allOf"):
            if several in schema:
                return self._sample(schema[several][0])
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        match schema.get("type"):
            case "object":
                fields = schema.get("properties", {})
                if {"attempt", "person"} <= fields.keys():  # A void names one of both.
                    fields = {name: one for name, one in fields.items() if name != "person"}
                return {name: self.real.get(name, self._sample(one)) for name, one in fields.items()}
            case "array":
                return [self._sample(schema["items"])]
            case "integer":
                return 1
            case "number":
                return 22.5
            case "boolean":
                return True
            case "string":
                formats = {"date": "2026-12-01", "date-time": "2026-11-20T10:00:00+08:00"}
                return formats.get(schema.get("format", ""), "示例" if "pattern" not in schema else "440300")
        return {}


def ground(bureau: Bureau, spec: Json, *, case: str, now: Any) -> Ground:
    """Real ids around the case of this name."""
    of_case, firm, session = bureau.cases[case], bureau.firms[case], bureau.session
    position = {"longitude": 114.0585, "latitude": 22.544, "datum": "wgs84", "accuracy_m": 18.0}
    state, person = AttemptState.NEEDS_REVIEW, firm.people[0].id
    tried = bureau.try_(case, person, state, now, position=position, received_at=now)
    admin = bureau.staff[Role.ADMIN]
    proposed = propose(session, of_case, action="void_approval", reason="示例", actor=admin, now=now)
    proof = bureau.evidence.put("前台签收".encode(), media_type="text/plain").sha256
    told = {"proof": "前台签收", "proof_sha256": proof}
    note(session, of_case, "waiting", ground=ground_on(session, now=now), actor=admin, facts=told, now=now)
    session.commit()

    def one(column: Any, *where: Any) -> str:
        return str(session.scalars(select(column).where(*where).limit(1)).one())

    ids = {
        "number": of_case.number,
        "uscc": firm.enterprise.uscc,
        "attempt": tried.public_id,
        "public_id": tried.public_id,
        "frame": one(AttemptFrame.id, AttemptFrame.attempt_id == tried.id),
        "frame_id": one(AttemptFrame.id, AttemptFrame.attempt_id == tried.id),
        "person_id": str(firm.people[0].id),
        "notice_id": one(Notice.id, Notice.case_id == of_case.id),
        "file_id": one(CertificateFile.id, CertificateFile.enterprise_id == firm.enterprise.id),
        "report_id": one(RectificationReport.id, RectificationReport.case_id == of_case.id),
        "proposal_id": str(proposed.id),
        "digest": proof,
        "name": app_css(),
        "kind": "licence",
        "code": one(Notice.code, Notice.case_id == of_case.id),
        "region": "440300",
        "level": "city",
    }
    real = {"uscc": ids["uscc"], "attempt": ids["attempt"], "item": firm.items[0].id}
    return Ground(ids, real, spec)


def app_css() -> str:
    """The style sheet's name, which changes with its content."""
    return next(name for name in _SERVED if name.endswith(".css"))


def acts_of(door: Door) -> list[str]:
    """The acts behind a door that has many."""
    if "{act}" not in door.path:
        return [""]
    return sorted(CASE_ACTS if "/cases/" in door.path else ENTERPRISE_ACTS)


def knock(client: TestClient, ground: Ground, door: Door, headers: Headers, act: str = "") -> Response:
    """Send the request that would do."""
    address = ground.address(door.path, act=act)
    if not door.path.startswith("/api/"):
        headers = headers | {"Accept": "text/html"}
    more: Json = {}
    if (body := ground.body(door)) is not None:
        more = {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}
    elif door.method == "POST":
        page = ("a.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 64)
        decision = "refuse" if "/attempts/" in door.path else "reject"
        more = {"files": {"file": page}, "data": FORM | ground.form | {"decision": decision}}
    sent = headers | more.pop("headers", {})
    return client.request(door.method, address, headers=sent, follow_redirects=False, **more)
