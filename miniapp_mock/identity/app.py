"""The stand-in as an HTTP service: WeChat's paths, and `/stand-in/…` for what happens on the phone."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from miniapp_mock.identity.wechat import SUCCESS, WeChat, WeChatError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Login(_Strict):
    """Who holds the phone; any text that names one WeChat user."""

    user: str = Field(min_length=1, max_length=128)


class FacialVerify(_Strict):
    """A face check done on the phone; `result` is the `verify_ret` it shall have."""

    verify_id: str
    user: str
    result: int = SUCCESS


class Failure(_Strict):
    """The next `times` calls answer `errcode`."""

    times: int = Field(ge=0, le=1000)
    errcode: int = -1


class StableToken(BaseModel):
    """Body of `POST /cgi-bin/stable_token`."""

    grant_type: str = ""
    appid: str = ""
    secret: str = ""
    force_refresh: bool = False


def create_app(wechat: WeChat) -> FastAPI:
    """The stand-in's routes."""
    app = FastAPI(title="WeChat identity (stand-in)", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(WeChatError)
    def refused(_: Request, error: WeChatError) -> JSONResponse:
        return JSONResponse({"errcode": error.errcode, "errmsg": error.errmsg})

    @app.get("/sns/jscode2session")
    def jscode2session(
        appid: str = "", secret: str = "", js_code: str = "", grant_type: str = ""
    ) -> dict[str, Any]:
        return wechat.session(appid, secret, js_code, grant_type)

    @app.get("/cgi-bin/token")
    def token(appid: str = "", secret: str = "", grant_type: str = "") -> dict[str, Any]:
        return wechat.token(appid, secret, grant_type)

    @app.post("/cgi-bin/stable_token")
    def stable_token(body: StableToken) -> dict[str, Any]:
        return wechat.token(body.appid, body.secret, body.grant_type)

    @app.post("/cityservice/face/identify/getverifyid")
    def getverifyid(body: dict[str, Any], access_token: Annotated[str, Query()] = "") -> dict[str, Any]:
        return wechat.verify_id(access_token, body)

    @app.post("/cityservice/face/identify/queryverifyinfo")
    def queryverifyinfo(body: dict[str, Any], access_token: Annotated[str, Query()] = "") -> dict[str, Any]:
        return wechat.verify_info(access_token, body)

    @app.post("/stand-in/login")
    def login(body: Login) -> dict[str, str]:
        return {"code": wechat.login(body.user)}

    @app.post("/stand-in/facial-verify")
    def facial_verify(body: FacialVerify) -> dict[str, int]:
        wechat.facial_verify(body.verify_id, user=body.user, result=body.result)
        return {"errcode": 0}

    @app.post("/stand-in/failure")
    def failure(body: Failure) -> dict[str, int]:
        wechat.fail_next(body.times, body.errcode)
        return {"errcode": 0}

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app
