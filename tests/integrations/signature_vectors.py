"""Signatures that this code did not make: examples of vendors' pages, of RFCs, and of openssl."""

from __future__ import annotations

from datetime import UTC, datetime

from integrations import registry
from integrations.signatures import Signature

# What our platforms declare is judged, not a copy of it.
GITHUB = registry.source("github").signature
DISCOURSE = registry.source("discourse").signature
SLACK = registry.source("slack").signature
STANDARD = registry.source("generic").signature
GITHUB_ISSUES = registry.tracker("github").signature
JIRA = registry.tracker("jira").signature
LINEAR = registry.tracker("linear").signature
GITEA = registry.tracker("gitea").signature
WEBHOOK = registry.tracker("webhook").signature
OLD_HUB = Signature(header="x-hub-signature", algorithm="hmac-sha1", prefix="sha1=")
TOKEN = Signature(header="x-gitlab-token", algorithm="token")
DISCORD = Signature(
    header="x-signature-ed25519",
    algorithm="ed25519",
    signed="{timestamp}{body}",
    timestamp_header="x-signature-timestamp",
)
PLAIN_ED25519 = Signature(header="x-signature", algorithm="ed25519")

ZENDESK = Signature(
    header="x-zendesk-webhook-signature",
    encoding="base64",
    signed="{timestamp}{body}",
    timestamp_header="x-zendesk-webhook-signature-timestamp",
    timestamp_format="rfc3339",
)
FRONT = Signature(
    header="x-front-signature",
    encoding="base64",
    signed="{timestamp}:{body}",
    timestamp_header="x-front-request-timestamp",
    timestamp_format="milliseconds",
)
TEAMS = Signature(header="authorization", prefix="HMAC ", encoding="base64", is_base64_secret=True)
X = Signature(header="x-twitter-webhooks-signature", prefix="sha256=", encoding="base64")
LINKEDIN = Signature(header="x-li-signature", signed="hmacsha256={body}")
INTERCOM = Signature(header="x-hub-signature", algorithm="hmac-sha1", prefix="sha1=")
TIKTOK = Signature(
    header="tiktok-signature",
    signed="{timestamp}.{body}",
    signature_key="s",
    timestamp_key="t",
    separator=",",
)
GITLAB = Signature(
    header="webhook-signature",
    encoding="base64",
    prefix="v1,",
    signed="{id}.{timestamp}.{body}",
    id_header="webhook-id",
    timestamp_header="webhook-timestamp",
    separator=" ",
    secret_prefix="whsec_",
    otherwise=TOKEN,
)
MATTERMOST = Signature(header="", algorithm="token", body_token="token")

NOW = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
STAMP = int(NOW.timestamp())

# Slack, "Verifying requests from Slack": the page's worked example.
SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
    b"%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SLACK_HEADERS = {
    "x-slack-request-timestamp": "1531420618",
    "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
}
# Standard Webhooks: the test vector of its reference libraries.
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
CLOSED_BY_OPENSSL = "4aa941ef164aaf260c7b50549b9f01780fbf3417d71e9ec50096f361b14128a1"

VECTORS = {
    # GitHub, "Validating webhook deliveries", "Testing the webhook payload validation".
    "github": (
        GITHUB,
        "It's a Secret to Everybody",
        b"Hello, World!",
        {
            "x-hub-signature-256": "sha256="
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        },
        NOW,
    ),
    # printf 'Hello World!' | openssl dgst -sha256 -hmac "It's a Secret to Everybody"
    "jira": (
        JIRA,
        "It's a Secret to Everybody",
        b"Hello World!",
        {
            "x-hub-signature": "sha256="
            "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
        },
        NOW,
    ),
    "slack": (
        SLACK,
        SLACK_SECRET,
        SLACK_BODY,
        SLACK_HEADERS,
        datetime.fromtimestamp(1531420618, UTC),
    ),
    "standard": (
        STANDARD,
        STANDARD_SECRET,
        b'{"test": 2432232314}',
        STANDARD_HEADERS,
        datetime.fromtimestamp(1614265330, UTC),
    ),
    "webhook": (
        WEBHOOK,
        STANDARD_SECRET,
        b'{"test": 2432232314}',
        STANDARD_HEADERS,
        datetime.fromtimestamp(1614265330, UTC),
    ),
    # printf '{"action":"closed"}' | openssl dgst -sha256 -hmac 'a tracker secret'
    "linear": (
        LINEAR,
        "a tracker secret",
        b'{"action":"closed"}',
        {"linear-signature": CLOSED_BY_OPENSSL},
        NOW,
    ),
    "gitea": (
        GITEA,
        "a tracker secret",
        b'{"action":"closed"}',
        {"x-gitea-signature": CLOSED_BY_OPENSSL},
        NOW,
    ),
    # printf '{"post":{"id":7}}' | openssl dgst -sha256 -hmac 'a forum secret'
    "discourse": (
        DISCOURSE,
        "a forum secret",
        b'{"post":{"id":7}}',
        {
            "x-discourse-event-signature": "sha256="
            "946e0d7edf896814dc6dc753dca3955966f596a964635622f3b4a0cb7c09e119"
        },
        NOW,
    ),
    # printf 'The quick brown fox jumps over the lazy dog' | openssl dgst -sha1 -hmac key
    "sha1": (
        OLD_HUB,
        "key",
        b"The quick brown fox jumps over the lazy dog",
        {"x-hub-signature": "sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"},
        NOW,
    ),
    # RFC 8032, section 7.1, TEST 2.
    "ed25519": (
        PLAIN_ED25519,
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        b"\x72",
        {
            "x-signature": "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        },
        NOW,
    ),
    "token": (TOKEN, "a token", b"{}", {"x-gitlab-token": "a token"}, NOW),
    # A public test of a webhook's receiver; the secret is what Zendesk signs with before there is
    # one, used as it stands.
    "zendesk": (
        ZENDESK,
        "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
        b'{"event":"ticket.updated","id":123}',
        {
            "x-zendesk-webhook-signature": "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM=",
            "x-zendesk-webhook-signature-timestamp": "2021-03-25T05:09:27Z",
        },
        datetime(2021, 3, 25, 5, 9, 27, tzinfo=UTC),
    ),
    # openssl: the private key of RFC 8032, section 7.1, TEST 1, over 1700000000{"type":1}.
    "discord": (
        DISCORD,
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b'{"type":1}',
        {
            "x-signature-ed25519": "1695961a47c91a1ec033b819b7e87e3dbc583dd0cee6d1fd0216f58ac87b62"
            "28ae531ddbf91fb7bc28d7edf7f08604da16f54624f38a6bc0614e4dc13cd47f0f",
            "x-signature-timestamp": "1700000000",
        },
        datetime.fromtimestamp(1700000000, UTC),
    ),
    # printf '{"a":"b"}' | openssl dgst -sha256 -hmac consumer-secret-for-tests -binary | base64
    "x": (
        X,
        "consumer-secret-for-tests",
        b'{"a":"b"}',
        {"x-twitter-webhooks-signature": "sha256=xpZT94FOO2+cxvaRMXtPLhfoWcLY87eigihvIiB5FFE="},
        NOW,
    ),
    # printf 'hmacsha256={"a":"b"}' | openssl dgst -sha256 -hmac client-secret-for-tests
    "linkedin": (
        LINKEDIN,
        "client-secret-for-tests",
        b'{"a":"b"}',
        {"x-li-signature": "959f174c0b2561039a176273071321b1849aa9f3bea8b767396baf51261ea450"},
        NOW,
    ),
    # The key is the one of Microsoft's sample.
    "teams": (
        TEAMS,
        "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=",
        b'{"type":"message","text":"hi"}',
        {"authorization": "HMAC OsI22fOxGbRqh5cP8AMgGG80vP5pVkuGv1D1ft388ls="},
        NOW,
    ),
    # printf '{"a":"b"}' | openssl dgst -sha1 -hmac client-secret-for-tests
    "intercom": (
        INTERCOM,
        "client-secret-for-tests",
        b'{"a":"b"}',
        {"x-hub-signature": "sha1=d05976abaeb45c2ac414709e0d69f61c0e27feec"},
        NOW,
    ),
    # GitLab's new signing is Standard Webhooks: the vector of its reference libraries.
    "gitlab": (
        GITLAB,
        STANDARD_SECRET,
        b'{"test": 2432232314}',
        STANDARD_HEADERS,
        datetime.fromtimestamp(1614265330, UTC),
    ),
    # printf '1730538900000:{"a":"b"}' | openssl dgst -sha256 -hmac a-front-secret -binary | base64
    "front": (
        FRONT,
        "a-front-secret",
        b'{"a":"b"}',
        {
            "x-front-signature": "JZpeh6JsmGIYQ+2fWk+Gf4c9Yevl03GX/Q/28PZKNng=",
            "x-front-request-timestamp": "1730538900000",
        },
        datetime.fromtimestamp(1730538900, UTC),
    ),
    # printf '1730538900.{"a":"b"}' | openssl dgst -sha256 -hmac a-tiktok-secret
    "tiktok": (
        TIKTOK,
        "a-tiktok-secret",
        b'{"a":"b"}',
        {
            "tiktok-signature": "t=1730538900,s="
            "7f0a99937a2d7688190b831cf8350c769b248a7dd0dbd7fb6a44556ae5126bfe"
        },
        datetime.fromtimestamp(1730538900, UTC),
    ),
}
