"""A small invented city, in the upstream library's contract. The same seed makes the same city."""

from miniapp_mock.city.build import City, Firm, Staff, build_city, people_coming
from miniapp_mock.city.plan import SHENZHEN, FirmPlan, ItemPlan

__all__ = ["SHENZHEN", "City", "Firm", "FirmPlan", "ItemPlan", "Staff", "build_city", "people_coming"]
