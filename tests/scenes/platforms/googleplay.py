"""The reviews of an app on Google Play."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import UNAUTHORIZED, Asked, Reply

PRIVATE_KEY = rsa.generate_private_key(65537, 2048)
PEM = PRIVATE_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def key_file(email: str) -> dict[str, str]:
    return {"key_file": json.dumps({"client_email": email, "private_key": PEM})}


@dataclass
class StandInGooglePlay(Community):
    """A token is asked for with a signed request; what changed last is listed first."""

    platform: ClassVar[str] = "googleplay"
    key: ClassVar[dict[str, str]] = key_file("reader@acme.example")
    wrong_key: ClassVar[dict[str, str]] = key_file("stranger@acme.example")
    reply_key: ClassVar[dict[str, str]] = key
    answered_id: ClassVar[str] = "gp:1"
    answered_thread: ClassVar[str] = "gp:1"

    def chosen(self, url: str) -> dict[str, Any]:
        return {"package": "com.acme.app", "api_url": url, "token_url": f"{url}/token"}

    def answered(self, request: Asked) -> Reply | None:
        if request.path == "/token":
            return self._token(parse_qs(request.body.decode())["assertion"][0])
        if request.headers.get("authorization") != "Bearer a-token":
            return UNAUTHORIZED
        match request.path:
            case "/androidpublisher/v3/applications/com.acme.app/reviews/gp:1:reply":
                self.answers.append(json.loads(request.body))
                return Reply({"result": {"replyText": self.answers[-1]["replyText"]}})
            case "/androidpublisher/v3/applications/com.acme.app/reviews/gp:1":
                answer = {"developerComment": {"lastModified": {"seconds": "4000000000"}}}
                return Reply({"reviewId": "gp:1", "comments": [answer] if self.answers else []})
            case "/androidpublisher/v3/applications/com.acme.app/reviews":
                return self._reviews(int(request.query.get("token", 0)))
        return None

    def _token(self, assertion: str) -> Reply:
        claims = jwt.decode(
            assertion,
            PRIVATE_KEY.public_key(),
            algorithms=["RS256"],
            options={"verify_aud": False},
        )
        if claims["iss"] != "reader@acme.example":
            return Reply({"error": "invalid_grant"}, 400)
        return Reply({"access_token": "a-token", "expires_in": 3599})

    def _reviews(self, start: int) -> Reply:
        rows = sorted(self.written, key=lambda one: one.edited_at or one.at, reverse=True)
        shown, end = self.page([self._review(one) for one in rows], start)
        paging = {"tokenPagination": {"nextPageToken": str(end)}} if end else {}
        return Reply({"reviews": shown, **paging})

    def _review(self, words: Said) -> dict[str, Any]:
        seconds = str(int((words.edited_at or words.at).timestamp()))
        comment = {"text": f"\t{words.text}", "lastModified": {"seconds": seconds, "nanos": 0}}
        return {
            "reviewId": f"gp:{words.number}",
            "authorName": "Ana",
            "comments": [{"userComment": {**comment, "starRating": 2}}],
        }
