"""The three registers behind one government gateway (docs/platform-contract.md)."""

import httpx

from registry.crosschecks.service import CheckKind, CheckResult, Said

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
FAILED = Said(CheckResult.FAILED)
_ANSWERS = {CheckResult.SAME, CheckResult.DIFFERENT, CheckResult.NOT_FOUND}


class HttpRegister:
    """Client of `POST /api/v1/checks/{kind}`."""

    def __init__(self, base_url: str, token: str) -> None:
        """Speak to `base_url` with a bearer token."""
        self._client = httpx.Client(
            base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, kind: CheckKind, *, name: str, id_number: str, employer_uscc: str) -> Said:
        """What the register says; anything but a clear answer is 接口失败."""
        body = {"name": name, "id_number": id_number, "employer_uscc": employer_uscc}
        try:
            answer = self._client.post(f"/api/v1/checks/{kind.value}", json=body)
            answer.raise_for_status()
            found = answer.json()
            result = CheckResult(found["result"])
            payers = found.get("payers")
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError):
            return FAILED
        if result not in _ANSWERS or not (payers is None or (type(payers) is int and payers >= 0)):
            return FAILED
        return Said(result, payers)
