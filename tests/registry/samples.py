"""Invented enterprises and people with right check digits."""

import io
from datetime import UTC, datetime
from typing import Any

from PIL import Image
from stdnum.cn import ric, uscc

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 2026-03-02 09:00 in Shanghai


def code(n: int) -> str:
    """An invented USCC."""
    body = f"91440300MA5F{n:05d}"
    return body + str(uscc.calc_check_digit(body))


def resident_id(n: int) -> str:
    """An invented resident ID."""
    body = f"44030019800101{n:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


def photo(shade: int = 128) -> bytes:
    """A small JPEG of one colour: the sync only looks at its first bytes."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(out, "JPEG")
    return out.getvalue()


def person(n: int, **changes: Any) -> dict[str, Any]:
    """A person of the contract with one registration and one title."""
    given = {
        "id": f"P{n:04d}",
        "name": f"示例人员{n}",
        "id_type": "居民身份证",
        "id_number": resident_id(n),
        "phone": f"1000000{n:04d}",
        "education": "本科",
        "years_in_management": 8,
        "certificates": [
            {
                "holding": "registered", "title": "二级注册建造师", "level": "二级", "specialty": "建筑工程",
                "number": f"粤2440600{n:05d}", "employer_uscc": code(1), "valid_to": "2028-06-30",
            },
            {
                "holding": "titled", "title": "工程师", "level": "中级", "specialty": "结构",
                "number": f"T{n:06d}", "employer_uscc": "", "valid_to": None,
            },
        ],
    }  # fmt: skip
    return {**given, **changes}


def item(**changes: Any) -> dict[str, Any]:
    """A 资质项 of the contract."""
    given = {
        "sequence": "施工总承包", "category": "建筑工程", "grade": "三级", "origin": "commitment",
        "first_issued_on": "2025-09-01", "valid_to": "2026-08-31", "technical_lead": "P0001",
    }  # fmt: skip
    return {**given, **changes}


def enterprise(n: int = 1, **changes: Any) -> dict[str, Any]:
    """An enterprise of the contract with one certificate, one permit and two people."""
    given = {
        "uscc": code(n),
        "name": f"深圳示例建筑工程有限公司{n}",
        "kind": "施工",
        "legal_representative": "示例法人",
        "registered_address": f"深圳市福田区示例路{n}号",
        "district_code": "440304",
        "contact": {"name": "示例联系人", "phone": f"1000001{n:04d}"},
        "point": {"lng": 114.05, "lat": 22.54, "datum": "gcj02"},
        "active": True,
        "version": "v1",
        "certificates": [
            {
                "number": f"D34400{n:04d}", "licensing_authority": "深圳市住房和建设局",
                "issued_on": "2025-09-01", "items": [item()],
            }
        ],
        "safety_permits": [
            {
                "number": f"(粤)JZ安许证字〔2025〕{n:06d}", "valid_from": "2025-01-01",
                "valid_to": "2027-12-31", "status": "valid",
            }
        ],
        "people": [person(1), person(2)],
    }  # fmt: skip
    return {**given, **changes}
