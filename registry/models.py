"""Every table of the store, so that the metadata is whole wherever this is imported."""

from registry.credit import models as credit
from registry.enterprises import models as enterprises
from registry.imports import models as imports
from registry.ledger import models as ledger
from registry.people import models as people
from registry.projects import models as projects
from registry.publication import models as publication
from registry.workflows import models as workflows

__all__ = ["credit", "enterprises", "imports", "ledger", "people", "projects", "publication", "workflows"]
