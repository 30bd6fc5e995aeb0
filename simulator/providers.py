"""The APIs the simulator serves. They share one port: two that have a path in common say in the call which is meant."""

from simulator.cloudtrail_api import CLOUDTRAIL
from simulator.connect_campaigns_api import CONNECT_CAMPAIGNS
from simulator.connect_users_api import CONNECT_USERS
from simulator.pinpoint_api import PINPOINT
from simulator.sts_api import STS

PROVIDERS = (PINPOINT, CONNECT_CAMPAIGNS, CONNECT_USERS, STS, CLOUDTRAIL)
OPERATIONS = {operation.name: operation for provider in PROVIDERS for operation in provider.operations}
