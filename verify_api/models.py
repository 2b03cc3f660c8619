"""Every table of the service, so that the metadata is whole wherever this is imported."""

import registry.models
from verify_api.accounts import models as accounts
from verify_api.messages import models as messages

__all__ = ["accounts", "messages", "registry"]
