"""A plausible arrangement for a year that nobody has published yet."""

import json
from typing import Any

import pytest

YEAR_2027: dict[str, Any] = {
    "year": 2027,
    "source": "示例：2027年部分节假日安排",
    "holidays": [
        {"from": "2027-01-01", "to": "2027-01-03", "name": "元旦"},
        {"from": "2027-02-05", "to": "2027-02-11", "name": "春节"},
        {"date": "2027-04-05", "name": "清明节"},
        {"from": "2027-05-01", "to": "2027-05-05", "name": "劳动节"},
        {"date": "2027-06-09", "name": "端午节"},
        {"date": "2027-09-15", "name": "中秋节"},
        {"from": "2027-10-01", "to": "2027-10-07", "name": "国庆节"},
    ],
    "workdays": [{"date": "2027-02-14", "name": "春节"}, "2027-10-09"],
}


@pytest.fixture
def year_2027() -> dict[str, Any]:
    """A fresh copy for a test to spoil."""
    copied: dict[str, Any] = json.loads(json.dumps(YEAR_2027))
    return copied
