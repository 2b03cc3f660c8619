"""WeChat's log-in: the phone's one-time code is exchanged for an openid, server to server."""

from typing import Protocol

import httpx

from registry.errors import Invalid, Unavailable

# 40029 invalid code, 40163 code been used, 40226 blocked user, 45011 too frequent, -1 busy.
BAD_CODE = frozenset({40029, 40163})
BUSY = frozenset({-1, 45011})


class LoginCodeWrong(Invalid):
    """The code is wrong, used or older than five minutes."""

    code = "login_code_invalid"
    message = "微信登录凭证无效或已过期，请重新进入小程序"


class IdentityUnavailable(Unavailable):
    """WeChat does not answer, or not in a way that can be used."""

    code = "identity_unavailable"
    message = "微信登录服务暂时不可用，请稍后重试"


class IdentityProvider(Protocol):
    """Who turns a log-in code into an openid."""

    def openid(self, code: str) -> str:
        """The openid of the user who got this code."""


class WeChat:
    """`sns/jscode2session`; the session key is not asked for by anything here and is dropped at once."""

    def __init__(self, url: str, *, app_id: str, secret: str, timeout_s: float = 5.0) -> None:
        """Address of WeChat's API (or of its stand-in) and the mini-program's credentials."""
        self._client = httpx.Client(base_url=url, timeout=timeout_s)
        self._credentials = {"appid": app_id, "secret": secret, "grant_type": "authorization_code"}

    def openid(self, code: str) -> str:
        """The openid.

        Raises:
            LoginCodeWrong: WeChat says so.
            IdentityUnavailable: No usable answer.
        """
        try:
            answer = self._client.get("/sns/jscode2session", params=self._credentials | {"js_code": code})
            said = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            raise IdentityUnavailable from None
        error = said.get("errcode", 0)
        if error in BAD_CODE:
            raise LoginCodeWrong
        found = said.get("openid")
        if error or not isinstance(found, str) or not found:
            raise IdentityUnavailable
        return found
