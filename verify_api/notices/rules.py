"""Numbers, codes and the make-up of a document. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError

from registry.errors import Invalid, Reason
from verify_api.notices.contexts import CONTEXTS, Context, Findings, RecommendationContext
from verify_api.notices.document import Document, Figure, Office
from verify_api.notices.models import NoticeKind
from verify_api.notices.wording import Remedies, compose
from verify_api.policy.values import Policy

# Crockford's letters: none that are mistaken for another when read from paper.
CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12  # 60 bits: documents cannot be found by trying codes.


class NoticeContentInvalid(Invalid):
    """The facts handed over do not make a document of that kind."""

    code = "notice_content_invalid"
    message = "文书内容不完整或不符合要求"


def letters_of(kind: NoticeKind, policy: Policy) -> str:
    """The 发文字号 of the kind's series."""
    letters = policy.letters
    return {
        NoticeKind.RECTIFICATION: letters.rectification,
        NoticeKind.REVOCATION: letters.revocation,
        NoticeKind.LAPSE: letters.lapse,
        NoticeKind.PROPOSAL: letters.proposal,
        NoticeKind.RECOMMENDATION: letters.recommendation,
        NoticeKind.SERVICE_RECEIPT: letters.service_receipt,
    }[kind]


def reference(letters: str, year: int, number: int) -> str:
    """深建改〔2026〕第7号."""
    return f"{letters}〔{year}〕第{number}号"


def code_from(number: int) -> str:
    """A verification code from 60 random bits."""
    return "".join(CODE_LETTERS[number >> shift & 31] for shift in range(0, CODE_LENGTH * 5, 5))


def remedies_of(policy: Policy) -> Remedies:
    """The time limits printed in a document."""
    return Remedies(policy.remedies.reconsideration_days, policy.remedies.litigation_months)


def read_context(kind: NoticeKind, context: Context | Mapping[str, Any]) -> Context:
    """The facts as the kind's own model.

    Raises:
        NoticeContentInvalid: They are another kind's, or do not fit.
    """
    model = CONTEXTS[kind]
    if isinstance(context, Context):
        if type(context) is not model:
            raise NoticeContentInvalid(f"{kind.value}的内容须为 {model.__name__}")
        return context
    try:
        return model.model_validate(context)
    except ValidationError as error:
        reasons = [
            Reason("notice_field", f"{'.'.join(map(str, item['loc']))}：{item['msg']}")
            for item in error.errors()
        ]
        raise NoticeContentInvalid("；".join(r.message for r in reasons), reasons=reasons) from None


def make_document(
    kind: NoticeKind,
    context: Context,
    *,
    letters: str,
    number: int,
    code: str,
    office: Office,
    remedies: Remedies,
    issued_on: date,
) -> Document:
    """Everything the page shows, to be frozen with the number."""
    wording = compose(context, office=office, remedies=remedies)
    figure = None
    if isinstance(context, Findings) and context.sketch_svg is not None:
        figure = Figure(caption=context.sketch_caption, svg=context.sketch_svg)
    return Document(
        title=kind.value,
        letters=letters,
        number=number,
        reference=reference(letters, issued_on.year, number),
        code=code,
        verify_url=f"{office.public_url.rstrip('/')}/v/{code}",
        office=office,
        addressee=wording.addressee,
        blocks=wording.blocks,
        figure=figure,
        issued_on=issued_on,
        copies_to=(context.enterprise_name,) if isinstance(context, RecommendationContext) else (),
        has_red_head=kind is not NoticeKind.SERVICE_RECEIPT,
    )
