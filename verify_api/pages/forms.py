"""Fields of posted forms, given out only after the request has been found to be the user's own."""

from collections.abc import AsyncIterator
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from registry.errors import DakaError, Invalid
from verify_api.accounts.deps import AnyCallerDep, refuse_large, require_csrf, session_cookie, visitor_cookie
from verify_api.http.deps import PartsDep

VISITOR_MAX = 64 * 1024  # A stranger's form holds a name and a password, never a file.
_VALUE_MAX = 20_000  # Longer than any opinion or reason; a form is not a way to store books.


Shape = TypeVar("Shape", bound=BaseModel)


class AnswerMissing(Invalid):
    """A decision was sent without saying which."""

    code = "answer_missing"
    message = "请选择结论后再提交"


class Fields:
    """The text fields of a form. What is absent reads as an empty string."""

    def __init__(self, form: FormData) -> None:
        """Keep the fields; a form that is about a file is read elsewhere (`accounts/uploads.py`)."""
        self._form = form

    def text(self, name: str, *, strip: bool = True, most: int = _VALUE_MAX) -> str:
        """One field, without blanks around it, cut at a length nobody reaches by hand."""
        value = self._form.get(name, "")
        text = value[:most] if isinstance(value, str) else ""
        return text.strip() if strip else text

    def file(self, name: str) -> UploadFile | None:
        """A file that may come with the form; None where none was chosen."""
        found = self._form.get(name)
        return found if isinstance(found, UploadFile) and found.filename else None

    def either(self, name: str, *, yes: str = "yes", no: str = "no") -> bool:
        """An answer that must be given: silence is neither, and one of the two may cost somebody a right.

        Raises:
            AnswerMissing: Neither of the two words.
        """
        said = self.text(name)
        if said not in (yes, no):
            raise AnswerMissing
        return said == yes

    def number(self, name: str) -> int | None:
        """One field as a whole number; None if it is none."""
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None

    def numbers(self, name: str) -> list[int]:
        """All ticked values of a name, each once, in the order of the form."""
        values = (value for value in self._form.getlist(name) if isinstance(value, str))
        return list(dict.fromkeys(int(v) for v in values if v.isascii() and v.isdigit() and len(v) < 16))


def typed(form: Fields, shape: type[Shape], *, otherwise: DakaError, **read: object) -> Shape:
    """The fields in the shape that the API takes, so that a page refuses what the API refuses.

    `read` are fields that are no plain text, as the page reads them.

    Raises:
        DakaError: `otherwise`, if they do not fit.
    """
    try:
        return shape.model_validate({name: form.text(name) for name in shape.model_fields} | read)
    except ValidationError:
        raise otherwise from None


async def own_form(request: Request, _caller: AnyCallerDep) -> AsyncIterator[Fields]:
    """The form of somebody who is logged in; `any_caller` has checked its token. Its files end with it."""
    refuse_large(request)
    async with request.form() as form:
        yield Fields(form)


async def visitor_form(request: Request, parts: PartsDep) -> Fields:
    """The form of a visitor, tied to the cookie that came with its page (log-in CSRF).

    Somebody who is logged in at one door may stand at the other: then the page carries the session's token.
    """
    refuse_large(request, VISITOR_MAX)
    names = visitor_cookie(parts), session_cookie(parts)
    await require_csrf(request, *(request.cookies.get(name, "") for name in names))
    return Fields(await request.form())


FormDep = Annotated[Fields, Depends(own_form, scope="function")]
VisitorFormDep = Annotated[Fields, Depends(visitor_form)]
