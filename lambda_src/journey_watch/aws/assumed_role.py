"""Sessions for lanes in another account."""

import functools
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import boto3
import botocore.session
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)

from journey_watch.aws.clients import OWN_CONFIG
from journey_watch.aws.errors import http_status_of, source_error
from journey_watch.core.errors import SourceError

ROLE_NOT_ASSUMED: Final = "RoleNotAssumed"
"""The code of the SourceError that a client's calls raise while the role cannot be assumed."""
ROLE_SESSION_NAME: Final = "journey-watch"
"""Who the other account's CloudTrail says it was."""
ASK_AGAIN_AFTER: Final = 30.0
"""Seconds after a refusal. Every journey of the lane needs the same role: they share one answer."""


def session_for_role(
    role_arn: str,
    external_id: str | None,
    region: str,
    *,
    base: boto3.Session | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> boto3.Session:
    """A session whose clients act as the role; `base` (the function's own credentials by default) assumes it.

    Nothing is called before the first use; botocore renews the credentials well before they expire. While the role
    cannot be assumed, every call of such a client raises SourceError with code ROLE_NOT_ASSUMED.
    """
    session = botocore.session.Session()
    session.set_config_variable("region", region)
    provider = _RoleProvider(role_arn, external_id, region, base or boto3.Session(), clock)
    session.register_component("credential_provider", CredentialResolver([provider]))
    return boto3.Session(botocore_session=session)


class _RoleProvider(CredentialProvider):
    METHOD = CANONICAL_NAME = "custom-journey-watch-role"

    def __init__(
        self, role_arn: str, external_id: str | None, region: str, base: boto3.Session, clock: Callable[[], float]
    ) -> None:
        super().__init__()
        self._role_arn = role_arn
        self._extra = {"RoleSessionName": ROLE_SESSION_NAME} | ({"ExternalId": external_id} if external_id else {})
        self._region = region
        self._base = base
        self._clock = clock
        self._refusal: Exception | None = None
        self._refused_at = float("-inf")

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(refresh_using=self._assume, method=self.METHOD)

    def _assume(self) -> dict[str, Any]:
        """Called under the lock of the credentials, so by one thread at a time."""
        if self._refusal is not None and self._clock() - self._refused_at < ASK_AGAIN_AFTER:
            raise self._explain(self._refusal)
        try:
            credentials: dict[str, Any] = self._fetcher().fetch_credentials()
        except SourceError:
            raise
        except Exception as error:  # a broken answer makes botocore's parser raise whatever it likes
            self._refusal, self._refused_at = error, self._clock()
            raise self._explain(error) from error
        self._refusal = None
        return credentials

    def _fetcher(self) -> AssumeRoleCredentialFetcher:
        own = self._base.get_credentials()
        if own is None:
            raise SourceError(f"There are no credentials to assume {self._role_arn} with.", code=ROLE_NOT_ASSUMED)
        make_client = functools.partial(self._base.client, region_name=self._region, config=OWN_CONFIG)
        return AssumeRoleCredentialFetcher(make_client, own, self._role_arn, extra_args=self._extra)

    def _explain(self, error: Exception) -> SourceError:
        cause = source_error(error, f"Assuming {self._role_arn}")
        status = http_status_of(error)
        answered = status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR
        return SourceError(
            f"{cause} Check that the role exists and that its trust policy names the poller's role"
            f"{' and the configured external id' if self._extra.get('ExternalId') else ''}.",
            code=ROLE_NOT_ASSUMED,
            throttled=cause.throttled,
            # Whatever words STS chose, it refuses this deployment; they never mean that a provider is absent.
            denied=answered and not cause.throttled,
        )
