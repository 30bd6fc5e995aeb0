"""What tests would make again and again though it never differs: made once in each process."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Final

import boto3
import botocore.hooks
import botocore.session
from botocore.compat import accepts_kwargs
from botocore.hooks import EventAliaser
from botocore.loaders import Loader
from cryptography.hazmat.primitives.asymmetric import rsa

_OF_BOTO3: Final = str(Path(boto3.__file__).parent / "data")


class _Descriptions(Loader):
    """The SDK's descriptions of services, for all sessions."""

    @property
    def search_paths(self) -> list[str]:
        """Each session of boto3 appends one, to a list of its own here: all of them would be searched."""
        return [*super().search_paths, _OF_BOTO3]


class _EventNames(EventAliaser):
    """The names that the SDK gives its events, for all sessions and clients."""

    known: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any) -> None:  # noqa: ANN401 - whatever the SDK gives it
        super().__init__(*args)
        self._alias_name_cache = self.known


def _takes_keywords(handler: Callable[..., object]) -> object:
    """Whether a handler does, read off its code: the SDK works out its whole signature, for each of each session."""
    code = getattr(handler, "__code__", None)
    return code.co_flags & inspect.CO_VARKEYWORDS if code else accepts_kwargs(handler)


def make_once() -> None:
    """Let the SDK read its descriptions and name its events once, and moto make one key to sign with.

    Each session would read them anew: a fifth of the time of all quick tests. To make a session or a client would take
    twice to three times as long. Each subscription that SNS sends to would have a key of its own: a fifth of the time
    of the fault table.
    """
    descriptions = _Descriptions()
    botocore.session.create_loader = lambda search_path_string=None: descriptions  # noqa: ARG005 - as it is called
    botocore.session.EventAliaser = _EventNames  # type: ignore[misc, assignment]
    botocore.hooks.accepts_kwargs = _takes_keywords  # type: ignore[assignment]
    rsa.generate_private_key = functools.cache(rsa.generate_private_key)
