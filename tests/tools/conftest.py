"""The synthesized stack, as the infrastructure's tests have it: the bill is counted from it."""

from tests.infra.conftest import context as context  # noqa: PLC0414 - fixtures here too
from tests.infra.conftest import everything as everything  # noqa: PLC0414
from tests.infra.conftest import stub_bundle as stub_bundle  # noqa: PLC0414
from tests.infra.conftest import synthesize as synthesize  # noqa: PLC0414
