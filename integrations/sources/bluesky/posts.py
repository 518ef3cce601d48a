"""Posts of Bluesky, as comments of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.listing import objects
from integrations.source_contract import AuthorRef, CommentEvent, EventType
from integrations.sources.bluesky.settings import Settings

_SIGNED_IN_ALONE = "!no-unauthenticated"
_LINK_FACET = "app.bsky.richtext.facet#link"
BLUESKY_IGNORED = {
    "like": "A like is not a comment.",
    "like-via-repost": "A like is not a comment.",
    "repost": "A post that somebody passes on is read where it was written.",
    "repost-via-repost": "A post that somebody passes on is read where it was written.",
    "follow": "A new follower is not a comment.",
    "starterpack-joined": "Who joined is not a comment.",
    "verified": "A verified account is not a comment.",
    "unverified": "A verified account is not a comment.",
    "subscribed-post": "A post of an account that ours subscribed to does not speak to us.",
}


class Label(payload.Shape):
    """What an account says of itself."""

    val: payload.Line = ""


class BlueskyAuthor(payload.Shape):
    """Who wrote."""

    did: payload.Identifier
    handle: payload.Line = ""
    displayName: payload.Line = ""  # noqa: N815 - Bluesky's names
    labels: Sequence[Label] | None = None


class StrongRef(payload.Shape):
    """A post in one version."""

    uri: payload.Identifier
    cid: payload.OptionalId = ""


class ReplyRef(payload.Shape):
    """What a post answers."""

    root: StrongRef
    parent: StrongRef


class Record(payload.Shape):
    """What somebody wrote."""

    text: payload.Text = ""
    createdAt: payload.Time = None  # noqa: N815
    reply: ReplyRef | None = None
    facets: list[JsonValue] | None = None
    embed: dict[str, JsonValue] | None = None


class BlueskyPost(payload.Shape):
    """What we read of a post."""

    uri: payload.Identifier
    cid: payload.OptionalId = ""
    author: BlueskyAuthor
    record: Record
    likeCount: payload.Count = 0  # noqa: N815
    indexedAt: payload.Time = None  # noqa: N815


def _post(inbound: Inbound) -> dict[str, Any]:
    inner = inbound.json().get("post")
    return inner if isinstance(inner, dict) else {}


def event(inbound: Inbound) -> str:
    """``post``, or why a notification was sent."""
    return payload.name(inbound.json().get("event"))


def delivery_id(inbound: Inbound) -> str | None:
    """The post in its version."""
    post = _post(inbound)
    if not isinstance(post.get("uri"), str) or not isinstance(post.get("cid"), str):
        return None
    return payload.delivery_key(event(inbound), post["uri"], post["cid"])


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Posts are public; an account may ask that those alone see them who are signed in."""
    author = _post(inbound).get("author")
    labels = objects(author.get("labels")) if isinstance(author, dict) else []
    names = [label.get("val") for label in labels]
    return Visibility.members if _SIGNED_IN_ALONE in names else Visibility.public


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The post. Its own time is what its author says; the one of the network orders it."""
    post = payload.read(BlueskyPost, inbound.json().get("post"))
    text, extras = payload.cut(_text(post.record))
    reply, moment = post.record.reply, post.indexedAt or post.record.createdAt
    root = reply.root if reply else StrongRef(uri=post.uri, cid=post.cid)
    return [
        CommentEvent(
            EventType.created,
            post.uri,
            version=payload.version(moment, "0"),
            thread_id=root.uri,
            permalink=permalink(post.uri),
            author=_author(post.author, settings),
            text=text,
            created_at=moment,
            parent_id=reply.parent.uri if reply else "",
            opens_thread=reply is None,
            likes=post.likeCount,
            extras={**extras, "cid": post.cid, "root": root.uri, "root_cid": root.cid},
            visibility=visibility(inbound, settings),
        )
    ]


def permalink(uri: str) -> str:
    """The web address of at://did/app.bsky.feed.post/key."""
    parts = uri.removeprefix("at://").split("/")
    if len(parts) != 3 or not parts[0].startswith("did:"):
        return ""
    return payload.web_address(f"https://bsky.app/profile/{parts[0]}/post/{parts[2]}")


def _text(record: Record) -> str:
    """The words, links in full; where there are none, what is shown instead."""
    if record.text.strip():
        return _with_links(record.text, record.facets or [])
    return "\n".join(_shown(record.embed or {}))


def _with_links(text: str, facets: Sequence[JsonValue]) -> str:
    """A long address is written in short, and stands in full beside the text. Places are counted
    in bytes of UTF-8."""
    units = text.encode("utf-8", "replace")
    for start, end, address in sorted(_links(facets), reverse=True):
        if 0 <= start < end <= len(units) and units[:end].endswith((b"...", "…".encode())):
            units = units[:start] + address.encode("utf-8", "replace") + units[end:]
    return units.decode("utf-8", "replace")


def _links(facets: Sequence[JsonValue]) -> list[tuple[int, int, str]]:
    links = []
    for facet in facets:
        index = facet.get("index") if isinstance(facet, dict) else None
        features = facet.get("features") if isinstance(facet, dict) else None
        if not isinstance(index, dict) or not isinstance(features, list):
            continue
        start, end = index.get("byteStart"), index.get("byteEnd")
        if type(start) is not int or type(end) is not int:
            continue
        for feature in objects(features):
            is_link = feature.get("$type") == _LINK_FACET
            if is_link and (address := payload.web_address(str(feature.get("uri") or ""))):
                links.append((start, end, address))
    return links


def _shown(embed: Mapping[str, Any]) -> list[str]:
    """What pictures and cards say of themselves."""
    images, external = embed.get("images"), embed.get("external")
    lines = [
        str(image.get("alt") or "[image]")
        for image in (images if isinstance(images, list) else [])
        if isinstance(image, dict)
    ]
    if isinstance(external, dict):
        lines += [str(external[key]) for key in ("title", "description") if external.get(key)]
    if "video" in embed:
        lines.append(str(embed.get("alt") or "[video]"))
    media = embed.get("media")
    return lines + (_shown(media) if isinstance(media, dict) and "media" not in media else [])


def _author(author: BlueskyAuthor, settings: Settings) -> AuthorRef:
    staff = {name.lower().removeprefix("@") for name in payload.listed(settings.staff)}
    is_valid = bool(author.handle) and author.handle != "handle.invalid"
    names = {author.did, author.handle.lower()}
    return AuthorRef(
        author.did,
        handle=author.handle if is_valid else author.did,
        name=author.displayName,
        is_staff=bool(names & staff),
        is_bot=any(label.val == "bot" for label in author.labels or ()),
    )
