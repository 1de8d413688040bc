"""The list of faults for the mutation check, which `python -m tests.mutations` puts into the code."""

import pytest

from tests.mutations.__main__ import ROOT
from tests.mutations.faults import FAULTS


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_can_be_put_into_the_code(fault):
    text = (ROOT / "orchestrator_celery" / fault.file).read_text()
    assert text.count(fault.right) == 1
    assert fault.wrong != fault.right
    assert (ROOT / fault.tests).exists()
