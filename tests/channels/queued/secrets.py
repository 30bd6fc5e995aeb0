"""A Secrets Manager in process."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from moto import mock_aws

from journey_watch.aws.clients import secrets_client
from journey_watch.channels.queued.secrets import Secrets


@contextmanager
def holding(**values: str) -> Iterator[Secrets]:
    """One that holds these, by their names."""
    with mock_aws():
        client = secrets_client(boto3.Session(region_name="eu-west-1"))
        for name, value in values.items():
            client.create_secret(Name=name, SecretString=value)
        yield Secrets(client)
