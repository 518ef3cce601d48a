"""Ready mappings: how the bodies of well-known senders are read, and how they sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from integrations.sources.json_webhook.schemes import Scheme

Preset = Literal["none", "typeform", "tally", "canny", "featurebase", "automation", "sentry"]


@dataclass(frozen=True, slots=True)
class ReadyMapping:
    """One sender: its expressions by the names of the settings, and its signature."""

    scheme: Scheme
    header: str = ""
    prefix: str | None = None
    format: str = "text"
    expressions: Mapping[str, str] = field(default_factory=dict)


READY_MAPPINGS: Mapping[Preset, ReadyMapping] = {
    "typeform": ReadyMapping(
        "sha256_base64",
        header="typeform-signature",
        prefix="sha256=",
        expressions={
            "only_if": "event_type == 'form_response'",
            "id": "form_response.token",
            "text": "form_response.answers[?type == 'text'].text",
            "title": "form_response.definition.title",
            "author_id": "form_response.hidden.user_id || "
            "(form_response.answers[?type == 'email'] | [0].email) || form_response.token",
            "created_at": "form_response.submitted_at",
        },
    ),
    "tally": ReadyMapping(
        "sha256_base64",
        header="tally-signature",
        expressions={
            "only_if": "eventType == 'FORM_RESPONSE'",
            "id": "data.responseId",
            "text": "data.fields[?type == 'TEXTAREA' || type == 'INPUT_TEXT'].value",
            "title": "data.formName",
            "author_id": "(data.fields[?type == 'INPUT_EMAIL'] | [0].value) || data.respondentId",
            "created_at": "data.createdAt || createdAt",
        },
    ),
    "canny": ReadyMapping(
        "canny",
        expressions={
            "only_if": "objectType == 'post' || objectType == 'comment'",
            "id": "join(':', [objectType, object.id])",
            "text": "object.value || [object.title, object.details]",
            "title": "object.post.title || object.title",
            "thread": "object.post.id || object.id",
            "opens_thread": "objectType == 'post'",
            "author_id": "object.author.id",
            "author_name": "object.author.name",
            "url": "object.url || object.post.url",
            "created_at": "object.created || created",
            "deleted": "type && ends_with(type, '.deleted')",
            "changed_at": "created",
        },
    ),
    "featurebase": ReadyMapping(
        "timed_sha256_hex",
        format="html",
        expressions={
            "only_if": "topic && (starts_with(topic, 'post.') || starts_with(topic, 'comment.'))",
            "id": "data.item.id",
            "text": "[data.item.title, data.item.content]",
            "title": "data.item.title",
            "thread": "data.item.postId || data.item.submission || data.item.id",
            "opens_thread": "starts_with(topic, 'post.')",
            "author_id": "data.item.author.id || data.item.user.id || data.item.userId",
            "author_name": "data.item.author.name || data.item.user.name",
            "url": "data.item.postUrl || data.item.url",
            "created_at": "data.item.createdAt || data.item.date",
            "changed_at": "data.item.updatedAt || createdAt",
            "deleted": "ends_with(topic, '.deleted')",
        },
    ),
    "automation": ReadyMapping(
        "token",
        expressions={
            "comments": "comments || items || data || @",
            "id": "id || comment_id || message_id",
            "text": "text || message || comment || body || content",
            "title": "title || subject",
            "thread": "thread || thread_id || conversation_id",
            "author_id": "author_id || author.id || author.email || user_id || user.id || email || "
            "author || user",
            "author_name": "author_name || author.name || user.name || name",
            "url": "url || link || permalink",
            "created_at": "created_at || createdAt || date || timestamp",
            "changed_at": "edited_at || updated_at || updatedAt",
            "deleted": "deleted || deleted_at",
        },
    ),
    "sentry": ReadyMapping(
        "sha256_hex",
        header="sentry-hook-signature",
        prefix="",
        expressions={
            "only_if": "data.issue.issueCategory == 'feedback' || "
            "data.event.contexts.feedback.message || data.feedback.comments",
            "id": "data.feedback.id || data.issue.id || data.event.issue_id || data.event.event_id",
            "text": "data.feedback.comments || data.event.contexts.feedback.message || "
            "data.issue.metadata.message || data.issue.metadata.value",
            "title": "data.issue.project.name || data.issue.title || data.event.title",
            "author_id": "data.feedback.email || data.event.contexts.feedback.contact_email || "
            "data.issue.metadata.contact_email || data.event.user.id",
            "author_name": "data.feedback.name || data.event.contexts.feedback.name || "
            "data.issue.metadata.name",
            "url": "data.issue.web_url || data.issue.permalink || data.event.web_url",
            "created_at": "data.feedback.dateCreated || data.issue.firstSeen || "
            "data.event.datetime",
        },
    ),
}
