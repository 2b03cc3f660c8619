"""A headless client: what a phone, an enterprise's contact and an officer can do over HTTP."""

from miniapp_mock.client.bureau import Bureau, Officer
from miniapp_mock.client.camera import Camera, PortraitCamera
from miniapp_mock.client.inbox import Inbox, Sms
from miniapp_mock.client.line import Line, Patience, shared_http
from miniapp_mock.client.phone import Attempt, Device, Phone, Position, Prompt, Task, Verdict
from miniapp_mock.client.portal import Candidate, EnterprisePortal
from miniapp_mock.client.problems import Garbled, NoAnswer, Problem, Reason, SignedOut

__all__ = [
    "Attempt",
    "Bureau",
    "Camera",
    "Candidate",
    "Device",
    "EnterprisePortal",
    "Garbled",
    "Inbox",
    "Line",
    "NoAnswer",
    "Officer",
    "Patience",
    "Phone",
    "PortraitCamera",
    "Position",
    "Problem",
    "Prompt",
    "Reason",
    "SignedOut",
    "Sms",
    "Task",
    "Verdict",
    "shared_http",
]
