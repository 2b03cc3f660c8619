"""Every table of the service, so that the metadata is whole wherever this is imported."""

import registry.models
from verify_api.accounts import models as accounts
from verify_api.audit import models as audit
from verify_api.cases import batch_models
from verify_api.cases import models as cases
from verify_api.checkins import models as checkins
from verify_api.deadlines import models as deadlines
from verify_api.faces import models as faces
from verify_api.http import models as http
from verify_api.messages import models as messages
from verify_api.notices import models as notices
from verify_api.policy import models as policy
from verify_api.selection import models as selection

__all__ = [
    "accounts",
    "audit",
    "batch_models",
    "cases",
    "checkins",
    "deadlines",
    "faces",
    "http",
    "messages",
    "notices",
    "policy",
    "registry",
    "selection",
]
