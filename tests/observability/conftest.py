"""The poller with everything real but AWS, as the entrypoints' tests have it."""

from tests.entrypoints.conftest import deployment as deployment  # noqa: PLC0414 - a fixture here too
