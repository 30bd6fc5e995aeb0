"""The APIs the simulator serves. They share one port: no two of them have a path in common."""

from simulator.connect_campaigns_api import CONNECT_CAMPAIGNS
from simulator.pinpoint_api import PINPOINT
from simulator.sts_api import STS

PROVIDERS = (PINPOINT, CONNECT_CAMPAIGNS, STS)
OPERATIONS = {operation.name: operation for provider in PROVIDERS for operation in provider.operations}
