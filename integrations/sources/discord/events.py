"""Which deliveries of Discord are read, and why the others are not.

A delivery is ``{"t": "MESSAGE_CREATE", "d": {..}}``, as the gateway sends it, or an interaction:
somebody chose our command in the menu of a message.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from integrations import payload
from integrations.contract import Inbound
from integrations.source_contract import Response

MESSAGE_COMMAND = "interaction.message_command"
DISCORD_EVENTS = frozenset(
    {"message_create", "message_update", "message_delete", "message_delete_bulk", MESSAGE_COMMAND}
)
DISCORD_WIDE_EVENTS = frozenset({"channel_update", "channel_delete", "thread_delete"})
"""What happens to a whole channel or thread; they bring no comment."""

_OTHER_DISCORD_EVENTS = """
    application_command_permissions_update auto_moderation_action_execution
    auto_moderation_rule_create auto_moderation_rule_delete auto_moderation_rule_update
    channel_create channel_pins_update entitlement_create entitlement_delete entitlement_update
    guild_audit_log_entry_create guild_ban_add guild_ban_remove guild_create guild_delete
    guild_emojis_update guild_integrations_update guild_member_add guild_member_remove
    guild_member_update guild_members_chunk guild_role_create guild_role_delete guild_role_update
    guild_scheduled_event_create guild_scheduled_event_delete guild_scheduled_event_update
    guild_scheduled_event_user_add guild_scheduled_event_user_remove
    guild_soundboard_sound_create guild_soundboard_sound_delete guild_soundboard_sound_update
    guild_soundboard_sounds_update guild_stickers_update guild_update integration_create
    integration_delete integration_update interaction_create invite_create invite_delete
    message_poll_vote_add message_poll_vote_remove message_reaction_add message_reaction_remove
    message_reaction_remove_all message_reaction_remove_emoji presence_update ready resumed
    stage_instance_create stage_instance_delete stage_instance_update subscription_create
    subscription_delete subscription_update thread_create thread_list_sync thread_member_update
    thread_members_update thread_update typing_start user_update voice_channel_effect_send
    voice_server_update voice_state_update webhooks_update
"""
DISCORD_IGNORED = {
    **dict.fromkeys(_OTHER_DISCORD_EVENTS.split(), "It is not a message."),
    "message_notice": "A notice that Discord writes (a join, a pin, a boost), not a person.",
    "interaction.*": "Only the command in a message's menu sends a message to us.",
}
_MESSAGE_TYPES = (0, 19, 20, 23)
"""A message, an answer, and the answers of commands; the other types are notices."""
_PING, _COMMAND = 1, 2
_ON_A_MESSAGE = 3
_MESSAGE_ANSWER = 4
_SHOWN_TO_ONE = 64
SENT_WORDS = "Sent to the product team. Thank you."
_INTERACTION_KINDS = {
    1: "ping",
    2: "command",
    3: "message_component",
    4: "autocomplete",
    5: "modal_submit",
}


def event(inbound: Inbound) -> str:
    """The gateway's name of the event in lower case, or ``interaction.`` and its kind."""
    body = inbound.json()
    name = payload.name(body.get("t")).lower()
    if name:
        is_notice = name in ("message_create", "message_update") and _is_notice(body.get("d"))
        return "message_notice" if is_notice else name
    if command(body) is not None:
        return MESSAGE_COMMAND
    kind = body.get("type")
    if "application_id" in body and isinstance(kind, int):
        return f"interaction.{_INTERACTION_KINDS.get(kind, 'other')}"
    return ""


def _is_notice(message: Any) -> bool:
    kind = message.get("type", 0) if isinstance(message, dict) else 0
    return isinstance(kind, int) and kind not in _MESSAGE_TYPES


def command(body: dict[str, Any]) -> dict[str, Any] | None:
    """The message on which somebody chose our command, with the server it stands in; None for
    anything else."""
    chosen = body.get("data")
    if body.get("type") != _COMMAND or not isinstance(chosen, dict):
        return None
    resolved = chosen.get("resolved")
    messages = resolved.get("messages") if isinstance(resolved, dict) else None
    target = chosen.get("target_id")
    if chosen.get("type") != _ON_A_MESSAGE or not isinstance(messages, dict):
        return None
    message = messages.get(target) if isinstance(target, str) else None
    if not isinstance(message, dict):
        return None
    return {**message, "guild_id": body.get("guild_id")}


def challenge(inbound: Inbound, secrets: Sequence[str]) -> Response | None:
    """The answer to a signed PING, which Discord sends when the address is entered."""
    body = inbound.json()
    if body.get("type") != _PING or "t" in body:
        return None
    return Response(b'{"type": 1}', content_type="application/json")


def acknowledge(inbound: Inbound) -> Response:
    """What the person who chose our command sees, and nobody else."""
    shown = {"content": SENT_WORDS, "flags": _SHOWN_TO_ONE}
    answer = {"type": _MESSAGE_ANSWER, "data": shown}
    return Response(json.dumps(answer).encode(), content_type="application/json")


def delivery_id(inbound: Inbound) -> str | None:
    """The interaction's id, or the message's with what happened to it and when."""
    body = inbound.json()
    name, inner = payload.name(body.get("t")), body.get("d")
    if not name or not isinstance(inner, dict):
        value = body.get("id")
        return payload.delivery_key("interaction", value) if isinstance(value, str) else None
    number, changed = inner.get("id"), inner.get("edited_timestamp")
    if not isinstance(number, str):
        return None
    return payload.delivery_key(name, number, changed if isinstance(changed, str) else "0")
