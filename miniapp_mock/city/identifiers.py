"""Numbers that look real and belong to nobody: right check digits, simulated telephone numbers."""

import random
from datetime import date, timedelta

from stdnum.cn import ric, uscc

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def make_uscc(rng: random.Random, district_code: str) -> str:
    """A 统一社会信用代码 (GB 32100) whose inner organisation code (GB 11714) is right as well."""
    body = "MA" + "".join(rng.choice(_ALPHABET) for _ in range(6))
    values = [int(letter, 36) for letter in body]
    rest = 11 - sum(value * weight for value, weight in zip(values, _ORG_WEIGHTS, strict=True)) % 11
    check = {10: "X", 11: "0"}.get(rest, str(rest))
    front = f"91{district_code}{body}{check}"
    return f"{front}{uscc.calc_check_digit(front)}"


def make_id_number(rng: random.Random, *, year: int) -> str:
    """A 公民身份号码 (GB 11643) of somebody born in that year.

    The place code 440399 is given to no county, so the number belongs to nobody.
    """
    born = date(year, 1, 1) + timedelta(days=rng.randrange(365))
    front = f"440399{born:%Y%m%d}{rng.randrange(1, 999):03d}"
    # The library looks at the first seventeen places of a whole number.
    return front + str(ric.calc_check_digit(f"{front}0"))


def simulated_phone(number: int) -> str:
    """A telephone number of the simulated range, which no message leaves for."""
    if not 0 <= number <= 9999:
        raise ValueError("the simulated range has ten thousand numbers")
    return f"1000000{number:04d}"
