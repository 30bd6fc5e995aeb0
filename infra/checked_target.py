"""The account and Region that `make deploy` checked before it started the CDK, which finds credentials by itself."""

from collections.abc import Mapping
from typing import Final

from journey_watch.core.errors import ConfigurationError

VARIABLE: Final = "JOURNEY_WATCH_TARGET"
"""ACCOUNT/REGION, in the environment of the CDK; not set if the CDK is run by hand."""


def check_target(environ: Mapping[str, str], *, account: str | None, region: str | None) -> None:
    """Raise ConfigurationError if the CDK's account or Region is not the one that was checked."""
    checked = environ.get(VARIABLE)
    if checked and checked != f"{account}/{region}":
        raise ConfigurationError(
            f"The CDK would deploy to {account}/{region}, but the credentials that were checked lead to {checked}. "
            "Remove the profile from ~/.cdk.json, or choose it with PROFILE=NAME."
        )
