"""What a channel's folder is handed to make its channels with."""

from dataclasses import dataclass

import boto3

from journey_watch.settings import Settings


@dataclass(frozen=True, slots=True)
class ChannelContext:
    """A deployment, and one lane of it."""

    settings: Settings
    session: boto3.Session
    """It is of the stack's own account and Region."""
    position: int
    """The lane's among all lanes, from 0."""
    lanes: int
    """How many there are: what must be paced is shared out among them."""
