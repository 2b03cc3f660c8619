"""A register over HTTP, by the contract in docs/person-checks-contract.md."""

from types import TracebackType
from typing import Annotated, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from verify_api.selection.crosscheck import Answer, Outcome, Question

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
ANSWER_BYTES_MAX = 64 * 1024


class _Answer(BaseModel):
    """The register's answer; a further field is ignored, a missing or strange one is a failure."""

    model_config = ConfigDict(extra="ignore", strict=True)

    reference: str
    outcome: Literal["match", "mismatch", "not_found"]
    differs: Annotated[list[str], Field(max_length=50)] = []
    payers: Annotated[list[str], Field(max_length=50)] = []


class HttpRegister:
    """Client of the contract. One per process; safe to share between threads."""

    def __init__(self, base_url: str, token: str, *, transport: httpx.BaseTransport | None = None) -> None:
        """Speak to `base_url` with a bearer token. A transport stands in for the network in tests."""
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
            transport=transport,
        )

    def __enter__(self) -> "HttpRegister":
        """Use as a context to close the connections afterwards."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, question: Question) -> Answer:
        """One question. Whatever goes wrong on the way is 接口失败 with a code, never 查无."""
        try:
            answer = self._client.post(f"/v1/checks/{question.kind.value}", json=_body(question))
        except httpx.HTTPError:
            # The text of a transport error may name hosts and queries; the kind is enough.
            return Answer(Outcome.FAILED, error="unreachable")
        if answer.status_code != httpx.codes.OK:
            return Answer(Outcome.FAILED, error=f"status_{answer.status_code}")
        return _read(answer.content, question)


def _body(question: Question) -> dict[str, object]:
    return {
        "reference": question.reference,
        "name": question.name,
        "id_type": question.id_type,
        "id_number": question.id_number,
        "authority": question.authority,
        "claims": question.claimed,
    }


def _read(content: bytes, question: Question) -> Answer:
    if len(content) > ANSWER_BYTES_MAX:
        return Answer(Outcome.FAILED, error="too_large")
    try:
        found = _Answer.model_validate_json(content)
    except ValidationError:
        return Answer(Outcome.FAILED, error="unreadable")
    if found.reference != question.reference:
        return Answer(Outcome.FAILED, error="other_reference")
    return Answer(Outcome(found.outcome), tuple(found.differs), tuple(found.payers))
