"""Every table of the service, so that the metadata is whole wherever this is imported."""

import registry.models
from verify_api.faces import models as faces

__all__ = ["faces", "registry"]
