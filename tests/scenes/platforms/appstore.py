"""The reviews of an app in App Store Connect."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.scenes.platforms.community import Community, Said
from tests.scenes.stand_ins import UNAUTHORIZED, Asked, Reply

SIGNING_KEY = ec.generate_private_key(ec.SECP256R1())
P8 = SIGNING_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass
class StandInAppStore(Community):
    """Every call carries a token that is signed for it; a page names the address of the next."""

    platform: ClassVar[str] = "appstore"
    key: ClassVar[dict[str, str]] = {"issuer_id": "acme", "key_id": "K1", "private_key": P8}
    wrong_key: ClassVar[dict[str, str]] = {"issuer_id": "else", "key_id": "K2", "private_key": P8}
    tells_edits: ClassVar[bool] = False  # not within the second of the answer before
    reply_key: ClassVar[dict[str, str]] = key
    answered_id: ClassVar[str] = "0000-1"
    answered_thread: ClassVar[str] = "0000-1"

    def chosen(self, url: str) -> dict[str, Any]:
        return {"app": "682658836", "api_url": url}

    def answered(self, request: Asked) -> Reply | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        claims = jwt.decode(
            token, SIGNING_KEY.public_key(), algorithms=["ES256"], audience="appstoreconnect-v1"
        )
        if claims["iss"] != "acme" or claims["exp"] - claims["iat"] > 20 * 60:
            return UNAUTHORIZED
        match request.path.removeprefix("/v1/"):
            case "apps/682658836":
                return Reply({"data": {"type": "apps", "id": "682658836"}})
            case "customerReviewResponses":
                self.answers.append(json.loads(request.body)["data"])
                return Reply({"data": self._answer()}, 201)
            case "customerReviews/0000-1/response":
                return Reply({"data": self._answer()}) if self.answers else None
            case "apps/682658836/customerReviews":
                return self._reviews(int(request.query.get("cursor", 0)))
        rows = [self._review(one) for one in self.written]
        named = [row for row in rows if request.path == f"/v1/customerReviews/{row['id']}"]
        return Reply({"data": named[0]}) if named else None

    def _reviews(self, start: int) -> Reply:
        shown, end = self.page([self._review(one) for one in self.newest_first()], start)
        links = {"next": f"https://apple.example/v1/it?cursor={end}&limit=4"} if end else {}
        return Reply({"data": shown, "links": links})

    def _answer(self) -> dict[str, Any]:
        dates = {"lastModifiedDate": "2096-01-01T00:00:00-08:00", "state": "PENDING_PUBLISH"}
        return {"type": "customerReviewResponses", "id": "a1", "attributes": dates}

    def _review(self, words: Said) -> dict[str, Any]:
        attributes = {
            "rating": 2,
            "title": words.text,
            "body": "",
            "reviewerNickname": "ana",
            "createdDate": words.at.isoformat(),
            "territory": "GBR",
        }
        number = f"0000-{words.number}"
        return {"type": "customerReviews", "id": number, "attributes": attributes}
