"""A forum that answers go to: the part of Discourse's API that posts an answer and looks for one,
and the page of a topic, where they can be seen. What people wrote there is not in it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from integrations.sandbox.forum_post import ForumPost
from integrations.sandbox.pages import topic_page
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state

FORUM_PATH = "/forum"
router = APIRouter(prefix=FORUM_PATH, route_class=PlainRoute, include_in_schema=False)
FIRST_ANSWER_NUMBER = 500
"""Posts before that are those of people, which are not here."""


@router.get("/session/current.json")
def current_user(request: Request) -> Reply:
    """Whose key it is."""
    return {"current_user": {"id": 1, "username": _author(request)}}


@router.post("/posts.json")
async def write(request: Request) -> Reply:
    """A new post in a topic; a closed one takes none."""
    state = _state(request)
    body = await json_object(request)
    if body is None or not isinstance(body.get("topic_id"), int) or not body.get("raw"):
        return JSONResponse({"errors": ["Body is missing"]}, 422)
    topic_id = body["topic_id"]
    if topic_id in state.saved.closed_topics:
        return JSONResponse({"errors": ["This topic is closed."]}, 422)
    number = state.new_id()
    post = ForumPost(
        id=900_000 + number,
        topic_id=topic_id,
        number=FIRST_ANSWER_NUMBER + number,
        author=_author(request),
        raw=str(body["raw"]),
        reply_to=body.get("reply_to_post_number"),
        created_at=state.clock(),
    )
    state.saved.posts.append(post)
    state.changed += 1
    return post.shown(with_raw=True)


@router.get("/t/{topic_id}.json")
def topic(request: Request, topic_id: int) -> Reply:
    """The topic: which posts are in it, and whether it is closed."""
    state = _state(request)
    posts = [post.id for post in state.saved.posts if post.topic_id == topic_id]
    return {
        "id": topic_id,
        "closed": topic_id in state.saved.closed_topics,
        "archived": False,
        "post_stream": {"stream": posts},
    }


@router.get("/t/{topic_id}/posts.json")
def posts_of(request: Request, topic_id: int) -> Reply:
    """Some posts of a topic, by their ids."""
    ids = set(request.query_params.getlist("post_ids[]"))
    with_raw = request.query_params.get("include_raw") == "1"
    listed = [
        post.shown(with_raw=with_raw)
        for post in _state(request).saved.posts
        if post.topic_id == topic_id and str(post.id) in ids
    ]
    return {"post_stream": {"posts": listed}}


@router.get("/t/{slug}/{topic_id}/{number}")
def page(request: Request, slug: str, topic_id: int, number: int) -> Response:
    """The topic for people, with the answers that arrived."""
    posts = [post for post in _state(request).saved.posts if post.topic_id == topic_id]
    return topic_page(topic_id, number, posts)


def _author(request: Request) -> str:
    return request.headers.get("api-username") or "team"
