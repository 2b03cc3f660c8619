"""Every table of the store, so that the metadata is whole wherever this is imported."""

from registry.enterprises import models as enterprises
from registry.people import models as people

__all__ = ["enterprises", "people"]
