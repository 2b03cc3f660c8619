"""The three vendors' answers as they document or were seen to give them, behind one local server.

Sources: lbs.qq.com webServiceGuide/address/Geocoder and …/status; lbs.amap.com webservice/guide/api/georegeo
and …/tools/info; lbs.tianditu.gov.cn server/geocodinginterface, and its gateway's refusals as met in use.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TENCENT_FOUND: dict[str, Any] = {
    "status": 0,
    "message": "query ok",
    "request_id": "5e0f4c1b2f4e4c7f9f1a2b3c4d5e6f70",
    "result": {
        "title": "海淀西大街74号",
        "location": {"lng": 116.307015, "lat": 39.982915},
        "ad_info": {"adcode": "110108"},
        "address_components": {
            "province": "北京市", "city": "北京市", "district": "海淀区",
            "street": "海淀西大街", "street_number": "74",
        },
        "similarity": 0.99,
        "deviation": 1000,
        "reliability": 7,
        "level": 9,
    },
}  # fmt: skip
AMAP_FOUND: dict[str, Any] = {
    "status": "1",
    "info": "OK",
    "infocode": "10000",
    "count": "1",
    "geocodes": [
        {
            "formatted_address": "北京市朝阳区阜通东大街6号",
            "country": "中国",
            "province": "北京市",
            "citycode": "010",
            "city": "北京市",
            "district": "朝阳区",
            "township": [],
            "neighborhood": {"name": [], "type": []},
            "building": {"name": [], "type": []},
            "adcode": "110105",
            "street": "阜通东大街",
            "number": "6号",
            "location": "116.482086,39.990496",
            "level": "门牌号",
        }
    ],
}
TIANDITU_FOUND: dict[str, Any] = {
    "msg": "ok",
    "location": {
        "score": 100, "level": "门址", "lon": "116.290158", "lat": "39.894696",
        "keyWord": "北京市海淀区莲花池西路28号",
    },
    "searchVersion": "6.4.9V",
    "status": "0",
}  # fmt: skip
TIANDITU_WRONG_KIND_OF_KEY = {
    "code": 301012,
    "msg": "权限类型错误",
    "resolve": "Key权限类型为:浏览器端，请使用浏览器访问！",
}


@dataclass(slots=True)
class Vendor:
    """What the server is to answer next, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    silent: threading.Event | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def answers(self, body: Any, *, status: int = 200, **headers: str) -> None:
        """Answer this from now on: JSON, or bytes as they are."""
        self.body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.status, self.headers = status, headers


@contextmanager
def vendor() -> Iterator[Vendor]:
    """A vendor on a loopback port."""
    state = Vendor()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            state.asked.append((parts.path, {name: v[0] for name, v in parse_qs(parts.query).items()}))
            if state.silent is not None:
                state.silent.wait(10)
                return
            self.send_response(state.status)
            for name, value in {"Content-Type": "application/json;charset=utf-8", **state.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        if state.silent is not None:
            state.silent.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
