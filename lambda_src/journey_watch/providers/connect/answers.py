"""Asks Amazon Connect about outbound campaigns: which there are, page by page, and their states, batch by batch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from journey_watch.aws.errors import BROKEN_ANSWER, http_status_of, source_error
from journey_watch.core.errors import SourceError
from journey_watch.core.watch_list import ALL
from journey_watch.providers.token_paging import Listing, Page, page_of, read_pages
from journey_watch.providers.untrusted_values import read_duration, read_id, read_moment, read_text

if TYPE_CHECKING:
    from mypy_boto3_connectcampaignsv2 import ConnectCampaignServiceV2Client
    from mypy_boto3_connectcampaignsv2.type_defs import ListCampaignsRequestTypeDef

PAGE_SIZE: Final = 50
"""The most that ListCampaigns gives at once."""
MAX_BATCH: Final = 25
"""The most ids that GetCampaignStateBatch takes."""
GONE: Final = "ResourceNotFound"


@dataclass(frozen=True, slots=True)
class ListedCampaign:
    """What ListCampaigns says of a campaign; its state is not part of it."""

    id: str
    name: str | None
    instance_id: str
    type: str | None = None
    starts_at: datetime | None = None
    """When its schedule begins; None if there is none, or it cannot be read."""
    ends_at: datetime | None = None
    """When its schedule ends; None likewise."""
    repeats_every: timedelta | None = None
    """How often it is executed again; None if it is not."""


def read_campaign(entry: object) -> ListedCampaign | None:
    """One entry of campaignSummaryList; None if it lacks its id or its instance's."""
    if not isinstance(entry, dict):
        return None
    campaign_id, instance_id = read_id(entry.get("id")), read_id(entry.get("connectInstanceId"))
    if campaign_id is None or instance_id is None:
        return None
    schedule = entry["schedule"] if isinstance(entry.get("schedule"), dict) else {}
    return ListedCampaign(
        id=campaign_id,
        name=read_text(entry.get("name")),
        instance_id=instance_id,
        type=read_text(entry.get("type")),
        starts_at=read_moment(schedule.get("startTime")),
        ends_at=read_moment(schedule.get("endTime")),
        repeats_every=read_duration(schedule.get("refreshFrequency")),
    )


class ConnectAnswers:
    """What Connect says. No method raises."""

    def __init__(self, client: "ConnectCampaignServiceV2Client", *, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock

    def campaigns(self, instance_id: str) -> Listing[ListedCampaign]:
        """ListCampaigns of one instance, or of all (`*`)."""
        everywhere = instance_id == ALL
        doing = f"Listing the campaigns of {'all instances' if everywhere else f'instance {instance_id}'}"

        def fetch(token: str | None) -> Page[ListedCampaign]:
            request: ListCampaignsRequestTypeDef = {"maxResults": PAGE_SIZE}
            if not everywhere:
                request["filters"] = {"instanceIdFilter": {"value": instance_id, "operator": "Eq"}}
            if token:
                request["nextToken"] = token
            try:
                answer = self._client.list_campaigns(**request)
            except Exception as error:
                # Anything: botocore's parser has no error of its own for an answer it cannot walk through.
                raise source_error(error, doing) from error
            return page_of(answer, read_campaign, entries="campaignSummaryList", following="nextToken", doing=doing)

        return read_pages(fetch, clock=self._clock)

    def states(self, campaign_ids: Sequence[str]) -> Mapping[str, str | SourceError]:
        """GetCampaignStateBatch: Connect's word for the state of each campaign, or why it is not known."""
        try:
            answer: object = self._client.get_campaign_state_batch(campaignIds=campaign_ids)
        except Exception as error:  # noqa: BLE001 - as above
            if http_status_of(error) == HTTPStatus.BAD_REQUEST and len(campaign_ids) > 1:
                # One id that Connect finds malformed must not keep the others from being read.
                middle = len(campaign_ids) // 2
                return {**self.states(campaign_ids[:middle]), **self.states(campaign_ids[middle:])}
            problem = source_error(error, f"Reading the states of {len(campaign_ids)} campaigns")
            return dict.fromkeys(campaign_ids, problem)
        states: dict[str, set[str]] = {}
        for campaign_id, state in _entries(answer, "successfulRequests", "state"):
            states.setdefault(campaign_id, set()).add(state)
        failures = dict(_entries(answer, "failedRequests", "failureCode"))
        return {id_: _reading(id_, states.get(id_, set()), failures.get(id_)) for id_ in campaign_ids}


def _entries(answer: object, member: str, value: str) -> Iterator[tuple[str, str]]:
    """What an answer says, by campaign id. An entry that cannot be read leaves its campaign unanswered."""
    entries = answer.get(member) if isinstance(answer, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            campaign_id, text = read_text(entry.get("campaignId")), read_text(entry.get(value))
            if campaign_id is not None and text is not None:
                yield campaign_id, text


def _reading(campaign_id: str, states: set[str], failure: str | None) -> str | SourceError:
    if failure == GONE:
        return SourceError(
            f"Campaign {campaign_id} does not exist, or not any more. If it is named in the configuration, "
            "take it out there.",
            code=failure,
            absent=True,
        )
    if failure is not None:
        return SourceError(f"Connect could not say the state of campaign {campaign_id}: {failure}.", code=failure)
    if len(states) != 1:
        said = f"contradicts itself about ({', '.join(sorted(states))})" if states else "does not mention"
        return SourceError(f"The answer about states {said} campaign {campaign_id}.", code=BROKEN_ANSWER)
    return next(iter(states))
