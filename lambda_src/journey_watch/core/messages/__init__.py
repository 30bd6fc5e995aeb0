"""What people and programs receive: the envelope that is stored and sent, and everything derived from it alone."""

from journey_watch.core.messages.chat_card import chat_card
from journey_watch.core.messages.condition_envelope import condition_alert
from journey_watch.core.messages.digest_envelope import digests, mute_ended_alert
from journey_watch.core.messages.email_text import email_subject, email_text
from journey_watch.core.messages.envelope import status_change
from journey_watch.core.messages.topic_message import TopicMessage, card_message, email_message, envelope_message

__all__ = [
    "TopicMessage",
    "card_message",
    "chat_card",
    "condition_alert",
    "digests",
    "email_message",
    "email_subject",
    "email_text",
    "envelope_message",
    "mute_ended_alert",
    "status_change",
]
