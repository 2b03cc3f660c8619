"""The rules that the interleavings are tried against are still where they are switched off."""

import pytest

from tools.mutations import ROOT
from tools.switches import MUTATIONS, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_a_mutation_changes_one_place(mutation: Mutation) -> None:
    text = (ROOT / mutation.file).read_text()
    assert text.count(mutation.old) == 1
