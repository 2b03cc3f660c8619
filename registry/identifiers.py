"""Numbers that carry a check digit: 统一社会信用代码 (GB 32100) and 公民身份号码 (GB 11643)."""

import re
from datetime import date

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from registry.errors import Invalid

RESIDENT_ID = "居民身份证"
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
# Residence permits, passports and permanent-resident cards: lenient, they carry no check we could verify.
_OTHER_ID = re.compile(r"[0-9A-Z][0-9A-Z()]{4,24}")


class BadUscc(Invalid):
    """Not an 18-character code with a right check digit."""

    code = "bad_uscc"
    message = "统一社会信用代码不正确"
    hint = "请核对营业执照上的18位代码"


class BadIdNumber(Invalid):
    """Not an ID number of the stated type."""

    code = "bad_id_number"
    message = "证件号码不正确"


def normal_uscc(text: str) -> str:
    """The code in capitals without blanks, its check digit verified.

    The organisation code inside has a check digit of its own; it is not verified, since codes exist that
    break it (DOMAIN D.1).

    Raises:
        BadUscc: Wrong length, alphabet or check digit.
    """
    code = str(uscc.compact(text))
    if not _USCC.fullmatch(code) or uscc.calc_check_digit(code[:-1]) != code[-1]:
        raise BadUscc
    return code


def is_uscc(text: str) -> bool:
    """Whether `normal_uscc` would accept the text."""
    try:
        normal_uscc(text)
    except BadUscc:
        return False
    return True


def normal_id_number(text: str, *, id_type: str = RESIDENT_ID) -> str:
    """The number in capitals without blanks; for a resident ID its date and check digit are verified.

    The place code is not looked up: a table of places is never complete, and 1880 had other counties.

    Raises:
        BadIdNumber: The number does not fit its type.
    """
    number = str(ric.compact(text))
    pattern = _RESIDENT if id_type == RESIDENT_ID else _OTHER_ID
    if not pattern.fullmatch(number):
        raise BadIdNumber
    if id_type == RESIDENT_ID and (birth_date(number) is None or ric.calc_check_digit(number) != number[-1]):
        raise BadIdNumber
    return number


def birth_date(resident_id: str) -> date | None:
    """The date inside a resident ID, None if there is no such day."""
    try:
        born: date = ric.get_birth_date(resident_id)
    except ValidationError:
        return None
    return born


def masked(number: str) -> str:
    """First four and last two characters: enough to recognise one's own number, not to learn another's."""
    if len(number) <= 6:
        return "*" * len(number)
    return number[:4] + "*" * (len(number) - 6) + number[-2:]
