"""Which deliveries of Slack are read, and why the others are not."""

from __future__ import annotations

import json
from collections.abc import Sequence

from integrations import payload
from integrations.contract import Inbound
from integrations.source_contract import Response

NEW_MESSAGES = (
    "message",
    "message.thread_broadcast",
    "message.file_share",
    "message.me_message",
    "message.bot_message",
)
"""Events of a message that a person or a bot wrote, by their subtype."""

SLACK_WIDE_EVENTS = {
    "message.channel_convert_to_private": True,
    "message.channel_convert_to_public": False,
}
"""The notices that say whether a whole channel is private by now; they bring no comment."""
SLACK_ACCOUNT_EVENTS = frozenset({"user_change", "user_profile_changed"})
"""The events that say what a member is called now."""
SLACK_EVENTS = frozenset(
    {
        *NEW_MESSAGES,
        "message.message_changed",
        "message.message_deleted",
        *SLACK_WIDE_EVENTS,
        *SLACK_ACCOUNT_EVENTS,
    }
)
"""The events that we handle."""

# Source of the lists: Slack, "Events API types" and "message subtypes".
_NOTICES = """
    assistant_app_thread bot_add bot_disable bot_enable bot_remove channel_archive
    channel_canvas_updated channel_join channel_leave channel_name channel_posting_permissions
    channel_purpose channel_topic
    channel_unarchive document_mention ekm_access_denied file_comment file_mention group_archive
    group_join group_leave group_name group_purpose group_topic group_unarchive huddle_thread
    joiner_notification joiner_notification_for_inviter list_record_comment pinned_item reminder_add
    reply_broadcast sh_room_created sh_room_shared slackbot_response tombstone unpinned_item
"""
_OTHER_EVENTS = """
    app_deleted app_home_opened app_installed app_requested app_uninstalled app_uninstalled_team
    assistant_thread_context_changed assistant_thread_started call_rejected channel_archive
    channel_created channel_deleted channel_history_changed channel_id_changed channel_left
    channel_rename channel_shared channel_unarchive channel_unshared dnd_updated dnd_updated_user
    email_domain_changed emoji_changed entity_details_requested file_change file_comment_added
    file_comment_deleted file_comment_edited file_created file_deleted file_public file_shared
    file_unshared function_executed grid_migration_finished grid_migration_started group_archive
    group_close group_deleted group_history_changed group_left group_open group_rename
    group_unarchive im_close im_created im_history_changed im_open invite_requested link_shared
    member_joined_channel member_left_channel message_metadata_deleted message_metadata_posted
    message_metadata_updated pin_added pin_removed reaction_added reaction_removed resources_added
    resources_removed scope_denied scope_granted shared_channel_invite_accepted
    shared_channel_invite_approved shared_channel_invite_declined shared_channel_invite_received
    shared_channel_invite_requested star_added star_removed subteam_created subteam_members_changed
    subteam_self_added subteam_self_removed subteam_updated team_access_granted team_access_revoked
    team_domain_change team_join team_rename tokens_revoked url_verification
    user_connection user_huddle_changed user_resource_denied
    user_resource_granted user_resource_removed user_status_changed workflow_deleted
    workflow_published workflow_step_deleted workflow_step_execute workflow_unpublished
"""

SLACK_IGNORED = {
    **{
        f"message.{subtype}": "A notice that Slack writes, not a person."
        for subtype in _NOTICES.split()
    },
    **dict.fromkeys(_OTHER_EVENTS.split(), "It is not a message."),
    "message.message_replied": "The reply itself arrives as a message.",
    "app_mention": "The same message arrives as a message event.",
    "app_rate_limited": "Slack held events back because there were more than 30,000 in an hour.",
}


def event(inbound: Inbound) -> str:
    """``message``, or ``message.`` and the subtype; anything else by its type."""
    body = inbound.json()
    inner = body.get("event")
    if not isinstance(inner, dict):
        return payload.name(body.get("type"))
    kind, subtype = payload.name(inner.get("type")), payload.name(inner.get("subtype"))
    return f"{kind}.{subtype}" if subtype and kind == "message" else kind


def challenge(inbound: Inbound, secrets: Sequence[str]) -> Response | None:
    """The answer to ``url_verification``, which Slack signs and sends when the Request URL is
    entered."""
    if b"url_verification" not in inbound.body:
        return None
    body = inbound.json()
    value = body.get("challenge")
    if body.get("type") != "url_verification" or not isinstance(value, str):
        return None
    return Response(json.dumps({"challenge": value}).encode(), content_type="application/json")


def delivery_id(inbound: Inbound) -> str | None:
    """Slack's ``event_id``, which a retry repeats; None, for the body's hash, where it is blank."""
    value = inbound.json().get("event_id")
    return payload.delivery_key(value) if isinstance(value, str) else None
