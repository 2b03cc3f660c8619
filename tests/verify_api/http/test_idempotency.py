"""`Idempotency-Key`: what makes two requests the same one."""

from starlette.requests import Request

from verify_api.http.idempotency import _without_boundary


def _request(boundary: str) -> Request:
    kind = f'multipart/form-data; boundary="{boundary}"'.encode()
    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", kind)], "path": "/"})


def _body(boundary: str, content: str) -> bytes:
    head = 'Content-Disposition: form-data; name="n"'
    return f"--{boundary}\r\n{head}\r\n\r\n{content}\r\n--{boundary}--".encode()


def test_a_retry_with_another_boundary_is_the_same_request() -> None:
    one, two = (_without_boundary(_request(b), _body(b, "1")) for b in ("aaaa", "bbbbbb"))
    assert one == two


def test_another_content_is_another_request() -> None:
    one, two = (_without_boundary(_request("aaaa"), _body("aaaa", text)) for text in ("1", "2"))
    assert one != two


def test_a_body_without_a_boundary_stays_as_it_is() -> None:
    plain = Request({"type": "http", "method": "POST", "headers": [], "path": "/"})
    assert _without_boundary(plain, b"--x") == b"--x"
