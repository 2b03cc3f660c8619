"""`/api/v1/console/faces`: the counter of stored faces against the line of filing."""

from typing import Any

from fastapi import APIRouter

from verify_api.accounts.deps import StaffDep
from verify_api.cases.ground import ground_on
from verify_api.http.deps import NowDep, SessionDep
from verify_api.retention.queries import stored

router = APIRouter(prefix="/api/v1/console", tags=["console"])


@router.get("/faces")
def stored_faces(_actor: StaffDep, session: SessionDep, now: NowDep) -> dict[str, Any]:
    """People whose faces are stored, and from how many on filing is due (人脸识别技术应用安全管理办法 15)."""
    policy = ground_on(session, now=now).policy
    found, line = stored(session), policy.face.filing_threshold_people
    return {
        "people": found.people,
        "templates": found.templates,
        "photographs": found.photographs,
        "with_frames": found.with_frames,
        "line": line,
        "share": found.people / line,
        "must_file": found.people >= line,
        "message": f"存储人脸信息 {found.people} 人，备案线 {line} 人"
        + ("，须自达到之日起30个工作日内备案" if found.people >= line else ""),
    }
