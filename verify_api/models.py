"""Every table of the service, so that the metadata is whole wherever this is imported."""

import registry.models

__all__ = ["registry"]
