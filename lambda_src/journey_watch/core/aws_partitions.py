"""Which partition of AWS a Region belongs to, and where people find its console."""

from typing import Final, NamedTuple


class Partition(NamedTuple):
    name: str
    """Its name in ARNs: `aws`."""
    console_host: str


STANDARD: Final = Partition("aws", "console.aws.amazon.com")
_BY_PREFIX: Final = {
    "cn-": Partition("aws-cn", "console.amazonaws.cn"),
    "us-gov-": Partition("aws-us-gov", "console.amazonaws-us-gov.com"),
    "eusc-": Partition("aws-eusc", "console.amazonaws-eusc.eu"),
}


def partition_of(region: str) -> Partition:
    """The partition of a Region. One that nobody knew when this was written counts as standard."""
    return next((partition for prefix, partition in _BY_PREFIX.items() if region.startswith(prefix)), STANDARD)
