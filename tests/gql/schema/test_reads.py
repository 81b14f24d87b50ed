"""What each part of the schema answers about the small world."""

import pytest

from gql.values.ids import global_id
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.world import (
    ADA,
    ADAS_COMPANY,
    ALAN,
    EDITH,
    GRACES_CONVERSATION,
    LONG_CONVERSATION,
    MARY,
)

BASIC = {
    "code": "basic-entry",
    "displayName": "Basic",
    "monthlyPriceCents": 500,
    "currency": "EUR",
    "dailyMessageLimit": 5,
}


PREMIUM = {
    "code": "premium-unlimited",
    "displayName": "Premium",
    "monthlyPriceCents": 2000,
    "currency": "EUR",
    "dailyMessageLimit": 1000,
}


MIDNIGHT = "2026-02-21T00:00:00Z"


def test_a_viewer_is_known_by_the_token(api: Api) -> None:
    viewer = api.data("{ viewer { id email createdAt } }", viewer=ADA)["viewer"]
    assert viewer == {
        "id": "VXNlcjox",
        "email": "ada@example.com",
        "createdAt": "2025-01-16T09:30:00Z",
    }


def test_an_anonymous_caller_is_nobody_and_sees_the_plans(api: Api) -> None:
    document = """{
      viewer { id } enterpriseAccount { id } ops { operationSlos { requests } }
      plans { code displayName monthlyPriceCents currency dailyMessageLimit }
    }"""
    assert api.data(document) == {
        "viewer": None,
        "enterpriseAccount": None,
        "ops": None,
        "plans": [BASIC, PREMIUM],
    }


def test_a_token_of_an_unknown_person_reads_nothing(api: Api) -> None:
    assert api.error("{ viewer { email } }", viewer=999) == (
        "UNAUTHENTICATED",
        "The person of this token is not known.",
    )


@pytest.mark.parametrize(
    ("viewer", "subscription", "quota"),
    [
        pytest.param(
            ADA,
            {
                "status": "ACTIVE",
                "plan": {"code": "premium-unlimited"},
                "failureReason": None,
                "startedAt": "2026-02-20T09:30:00Z",
                "updatedAt": "2026-02-20T09:30:00Z",
            },
            {"state": "AVAILABLE", "limit": 1000, "used": 3, "remaining": 997},
            id="the newest of two subscriptions counts",
        ),
        pytest.param(
            ALAN,
            {
                "status": "INACTIVE",
                "plan": None,
                "failureReason": None,
                "startedAt": None,
                "updatedAt": None,
            },
            {"state": "NO_ACTIVE_SUBSCRIPTION", "limit": 0, "used": 0, "remaining": 0},
            id="there never was one",
        ),
        pytest.param(
            MARY,
            {
                "status": "FAILED",
                "plan": {"code": "basic-entry"},
                "failureReason": "card_declined",
                "startedAt": None,
                "updatedAt": "2026-02-20T09:30:00Z",
            },
            {"state": "NO_ACTIVE_SUBSCRIPTION", "limit": 0, "used": 0, "remaining": 0},
            id="the payment failed",
        ),
        pytest.param(
            EDITH,
            {
                "status": "ACTIVE",
                "plan": {"code": "basic-entry"},
                "failureReason": None,
                "startedAt": "2025-01-16T09:30:00Z",
                "updatedAt": "2025-01-16T09:30:00Z",
            },
            {"state": "EXHAUSTED", "limit": 5, "used": 5, "remaining": 0},
            id="the day is used up",
        ),
    ],
)
def test_subscription_and_quota(
    api: Api, viewer: int, subscription: dict[str, object], quota: dict[str, object]
) -> None:
    document = """{ viewer {
      subscription { status plan { code } failureReason startedAt updatedAt }
      quota { state limit used remaining resetsAt }
    } }"""
    assert api.data(document, viewer=viewer)["viewer"] == {
        "subscription": subscription,
        "quota": quota | {"resetsAt": MIDNIGHT},
    }


def test_a_conversation_with_its_last_message_and_counts(api: Api) -> None:
    document = """query ($id: ID!) { conversation(id: $id) {
      __typename id title status createdAt updatedAt messageCount
      lastMessage {
        id role status content createdAt conversation { title }
        generation { model attempts promptTokens completionTokens latencyMs }
      }
    } }"""
    id_ = global_id("Conversation", LONG_CONVERSATION)
    assert api.data(document, {"id": id_}, viewer=ADA)["conversation"] == {
        "__typename": "Conversation",
        "id": id_,
        "title": "Conversation 1",
        "status": "ACTIVE",
        "createdAt": "2025-01-16T09:30:00Z",
        "updatedAt": "2026-02-20T08:30:00Z",
        "messageCount": 30,
        "lastMessage": {
            "id": global_id("Message", 30),
            "role": "ASSISTANT",
            "status": "COMPLETE",
            "content": "Message 30",
            "createdAt": "2026-02-20T08:00:00Z",
            "conversation": {"title": "Conversation 1"},
            "generation": {
                "model": "stand-in",
                "attempts": 2,
                "promptTokens": 11,
                "completionTokens": 22,
                "latencyMs": 333,
            },
        },
    }


def test_an_empty_conversation_has_no_last_message(api: Api) -> None:
    document = """query ($id: ID!) { conversation(id: $id) {
      messageCount lastMessage { id }
      messages { edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
    } }"""
    id_ = global_id("Conversation", GRACES_CONVERSATION + 1)
    assert api.data(document, {"id": id_}, viewer=EDITH)["conversation"] == {
        "messageCount": 0,
        "lastMessage": None,
        "messages": {
            "edges": [],
            "pageInfo": {
                "hasNextPage": False,
                "hasPreviousPage": False,
                "startCursor": None,
                "endCursor": None,
            },
        },
    }


def test_a_persons_own_message_has_no_generation(api: Api) -> None:
    document = "query ($id: ID!) { node(id: $id) { ... on Message { generation { model } } } }"
    variables = {"id": global_id("Message", 1)}
    assert api.data(document, variables, viewer=ADA) == {"node": {"generation": None}}


def test_conversations_by_status_with_their_counts(api: Api) -> None:
    document = """{ viewer {
      all: conversations(first: 1) { totalCount }
      active: conversations(first: 1, status: ACTIVE) { totalCount edges { node { title } } }
      archived: conversations(first: 1, status: ARCHIVED) { totalCount edges { node { title } } }
    } }"""
    assert api.data(document, viewer=ADA)["viewer"] == {
        "all": {"totalCount": 45},
        "active": {"totalCount": 30, "edges": [{"node": {"title": "Conversation 1"}}]},
        "archived": {"totalCount": 15, "edges": [{"node": {"title": "Conversation 3"}}]},
    }


def test_privacy_requests_newest_first_and_the_latest_of_a_kind(api: Api) -> None:
    document = """{ viewer {
      privacyRequests(first: 3) { edges { node {
        id kind status requestedAt completedAt scheduledFor errorReason
        export { downloadUrl } receipt { verifiedAt }
      } } pageInfo { hasNextPage } }
      failures: privacyRequests(kind: DELETE) { edges { node { id } } }
      latestPrivacyRequest(kind: EXPORT) { id }
    } }"""
    viewer = api.data(document, viewer=ADA)["viewer"]
    nodes = [edge["node"] for edge in viewer["privacyRequests"]["edges"]]
    assert [node["id"] for node in nodes] == [global_id("PrivacyRequest", key) for key in (5, 4, 3)]
    assert nodes[2] == {
        "id": global_id("PrivacyRequest", 3),
        "kind": "DELETE",
        "status": "CANCELLED",
        "requestedAt": "2026-01-21T09:30:00Z",
        "completedAt": None,
        "scheduledFor": "2026-02-04T09:30:00Z",
        "errorReason": None,
        "export": None,
        "receipt": None,
    }
    assert viewer["privacyRequests"]["pageInfo"] == {"hasNextPage": True}
    assert viewer["failures"] == {"edges": [{"node": {"id": global_id("PrivacyRequest", 3)}}]}
    assert viewer["latestPrivacyRequest"] == {"id": global_id("PrivacyRequest", 5)}


def test_there_are_no_requests(api: Api) -> None:
    document = "{ viewer { latestPrivacyRequest(kind: EXPORT) { id } } }"
    assert api.data(document, viewer=ALAN) == {"viewer": {"latestPrivacyRequest": None}}


def test_a_company_with_its_usage_keys_and_days(api: Api) -> None:
    document = """{ enterpriseAccount {
      id companyName
      usage {
        limitMode dailyLimit dailyUsed dailyRemaining monthlyLimit monthlyUsed monthlyRemaining
        resetsAt
      }
      dailyUsage(from: "2026-01-30", to: "2026-02-02") { usageDate requestCount }
      credentials { keyPrefix status createdAt lastUsedAt expiresAt }
    } }"""
    account = api.data(document, viewer=ADA)["enterpriseAccount"]
    assert account["id"] == global_id("EnterpriseAccount", ADAS_COMPANY)
    assert account["companyName"] == "Analytical Engines"
    assert account["usage"] == {
        "limitMode": "BLOCK",
        "dailyLimit": 500,
        "dailyUsed": 20,
        "dailyRemaining": 480,
        "monthlyLimit": 10000,
        "monthlyUsed": 209,
        "monthlyRemaining": 9791,
        "resetsAt": MIDNIGHT,
    }
    assert account["dailyUsage"] == [
        {"usageDate": "2026-01-30", "requestCount": 30},
        {"usageDate": "2026-01-31", "requestCount": 31},
        {"usageDate": "2026-02-01", "requestCount": 0},
        {"usageDate": "2026-02-02", "requestCount": 2},
    ]
    # Other tests add theirs behind these.
    assert [(one["keyPrefix"], one["status"]) for one in account["credentials"][:3]] == [
        ("gk_0000000000000001", "REVOKED"),
        ("gk_0000000000000002", "REVOKED"),
        ("gk_0000000000000003", "ACTIVE"),
    ]


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-02-02", "2026-02-01"), ("2025-01-01", "2026-02-20"), ("0001-01-01", "9999-12-31")],
)
def test_a_span_of_days_that_is_none_or_too_long(api: Api, first: str, last: str) -> None:
    document = """query ($first: Date!, $last: Date!) {
      enterpriseAccount { dailyUsage(from: $first, to: $last) { requestCount } }
    }"""
    assert api.error(document, {"first": first, "last": last}, viewer=ADA) == (
        "BAD_USER_INPUT",
        "`from` must not be after `to`, and at most 400 days are given.",
    )
