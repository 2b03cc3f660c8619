"""Check digits, with the vectors of the rule book (D.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.identifiers import (
    BadIdNumber,
    BadUscc,
    birth_date,
    is_uscc,
    masked,
    normal_id_number,
    normal_uscc,
)

VALID_USCC = ["9144030071526726XG", "914403001922038216", "91440300192181490G", "91350100M000100Y43"]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("code", VALID_USCC)
def test_a_valid_code_is_accepted_as_it_stands(code: str) -> None:
    assert normal_uscc(code) == code


@pytest.mark.parametrize("text", [" 9144030071526726xg", "91440300 71526726 XG"])
def test_blanks_and_small_letters_are_forgiven(text: str) -> None:
    assert normal_uscc(text) == "9144030071526726XG"


@pytest.mark.parametrize(
    "text",
    ["", "9144030071526726X", "9144030071526726XGG", "9144030071526726XI", "914403OO71526726XG", "统" * 18],
)
def test_wrong_length_or_alphabet_is_refused(text: str) -> None:
    with pytest.raises(BadUscc):
        normal_uscc(text)


@given(st.sampled_from(VALID_USCC), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_no_single_wrong_character_passes(code: str, place: int, wrong: str) -> None:
    altered = code[:place] + wrong + code[place + 1 :]
    assert is_uscc(altered) is (altered == code)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014", "11010519491231002x"])
def test_a_resident_id_with_a_right_check_digit_is_accepted(number: str) -> None:
    assert normal_id_number(number) == number.upper()


@pytest.mark.parametrize(
    "number",
    ["110105194912310021", "110105491231002", "", "110105194902300020", "110105194913310021"],
)
def test_a_resident_id_with_a_wrong_digit_date_or_length_is_refused(number: str) -> None:
    with pytest.raises(BadIdNumber):
        normal_id_number(number)


@pytest.mark.parametrize(
    ("number", "ok"), [("H12345678", True), ("E1234", True), ("E12", False), ("护照1234", False)]
)
def test_other_documents_are_checked_for_shape_only(number: str, ok: bool) -> None:
    if ok:
        assert normal_id_number(number, id_type="港澳居民来往内地通行证") == number
    else:
        with pytest.raises(BadIdNumber):
            normal_id_number(number, id_type="护照")


def test_a_day_that_does_not_exist_is_no_birth_date() -> None:
    assert birth_date("11010519490230002X") is None
    assert str(birth_date("11010519491231002X")) == "1949-12-31"


@pytest.mark.parametrize(
    ("number", "shown"), [("11010519491231002X", "1101************2X"), ("E1234", "*****")]
)
def test_a_masked_number_shows_its_ends_only(number: str, shown: str) -> None:
    assert masked(number) == shown
