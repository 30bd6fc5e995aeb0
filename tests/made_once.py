"""What tests would make again and again though it never differs: made once in each process."""

import functools
from pathlib import Path
from typing import Final

import boto3
import botocore.session
from botocore.loaders import Loader
from cryptography.hazmat.primitives.asymmetric import rsa

_OF_BOTO3: Final = str(Path(boto3.__file__).parent / "data")


class _Descriptions(Loader):
    """The SDK's descriptions of services, for all sessions."""

    @property
    def search_paths(self) -> list[str]:
        """Each session of boto3 appends one, to a list of its own here: all of them would be searched."""
        return [*super().search_paths, _OF_BOTO3]


def make_once() -> None:
    """Let the SDK read its descriptions once, and moto make one key to sign with.

    Each session would read them anew: a fifth of the time of all quick tests. Each subscription that SNS sends to would
    have a key of its own: a fifth of the time of the fault table.
    """
    descriptions = _Descriptions()
    botocore.session.create_loader = lambda search_path_string=None: descriptions  # noqa: ARG005 - as it is called
    rsa.generate_private_key = functools.cache(rsa.generate_private_key)
