"""What can go wrong, in the operator's words. Adapters translate an SDK's error at their edge, with `from`."""


class JourneyWatchError(Exception):
    """Base of every error this project raises on purpose. The message says what the operator should do."""


class ConfigurationError(JourneyWatchError):
    """The environment, the bundled configuration or the event is wrong; retrying cannot help."""


class StoreUnavailableError(JourneyWatchError):
    """The state table cannot be read or written: nothing may be sent, for nothing is known."""


class StateTooLargeError(JourneyWatchError):
    """One journey's state would exceed DynamoDB's 400 KB; that journey fails, the others go on."""


class SourceError(JourneyWatchError):
    """A provider did not give a usable answer about one journey or one container."""

    def __init__(
        self, message: str, *, code: str, throttled: bool = False, denied: bool = False, absent: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        """The provider's error code, such as `TooManyRequestsException`, or this project's word for a broken answer."""
        self.throttled = throttled
        """True if the provider asked to be called less often."""
        self.denied = denied
        """True if this deployment lacks a permission, or may not assume a role: its fault, not the provider's."""
        self.absent = absent
        """True if the service has ended or was never enabled, or does not have the thing; retrying changes nothing."""


class PollFailedError(JourneyWatchError):
    """Nothing of what a lane watches could be read: the monitor is blind there."""


class NotAcceptedError(JourneyWatchError):
    """Whom an alert is for did not accept it."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """How many seconds to wait, if that is known better than from how often it was tried."""


class RecipientUnavailableError(NotAcceptedError):
    """Who should get an alert takes none now; others would fare the same."""


class RecipientRefusedError(NotAcceptedError):
    """Who should get an alert refused this one, or the way by which it came."""
