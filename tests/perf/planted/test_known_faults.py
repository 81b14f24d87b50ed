"""What was caught before there were planted faults, by the command that a user runs."""

from pathlib import Path

import pytest

from gql.documents.budgets.budget_file import read_tables
from gql.documents.trusted_documents import TABLE
from tests.fixtures.stores.postgres import new_database
from tests.perf.planted.planted_source import Edit, assert_caught, planted

ONE_BY_ONE = Edit(
    "loaders/batching/pages.py",
    "        by_page: dict[tuple[Page, Filter | None], list[PageKey]] = defaultdict(list)\n",
    "        if len(keys) > 1:\n"
    "            return [(await batch([key]))[0] for key in keys]\n"
    "        by_page: dict[tuple[Page, Filter | None], list[PageKey]] = defaultdict(list)\n",
)
NO_INDEX = (
    Edit(
        "migrations/versions/20260220_0019_add_performance_indexes.py",
        '    "user_subscriptions": (("user_id", "updated_at", "id"),),\n',
        "",
    ),
    # What the tables declare and no migration makes is made all the same.
    Edit(
        "db/tables/billing.py",
        'Index("ix_user_subscriptions_user_id_updated_at_id", "user_id", "updated_at", "id"),',
        "",
    ),
)
SORT = Edit(
    "db/queries/chat/messages.py",
    ".order_by(ChatMessage.created_at.desc(), ChatMessage.id.desc())",
    ".order_by(ChatMessage.created_at.desc(), ChatMessage.content)",
)
LONGER_ANSWER = Edit(
    "gql/schema/enterprise/account.py",
    '"company_name": Column("company_name"),',
    '"company_name": Column("company_name", lambda name: 40 * name),',
)
BUDGETS = "gql/documents/files/budgets.toml"
NO_BUDGET = Edit(BUDGETS, "[Quota]\n", "[Quotas]\n")
NO_MESSAGE_COUNT = Edit(
    "gql/schema/chat/conversation.py",
    '    @described.field("How many messages it has, those of all branches.", '
    "COUNT_WEIGHT)\n    def message_count",
    "    def message_count",
)
COUNTS = "query Counts { viewer { conversations { edges { node { messageCount } } } } }"
TITLES = "query Titles { viewer { conversations { edges { node { title } } } } }"


@pytest.mark.planted
def test_an_n_plus_one_in_a_loader(crowd: str, tmp_path: Path) -> None:
    source = planted(tmp_path, ONE_BY_ONE)
    name = "ConversationsWithMessages"
    assert_caught(
        source.guidance("perf", "gate", "--document", name, "--url", crowd),
        f"\n{name}",
        " times for 2n (N+1) in messages.page_by_conversation\n    SELECT ",
    )


@pytest.mark.planted
def test_no_fault_is_found_in_anything_where_none_is_planted(tmp_path: Path) -> None:
    ran = planted(tmp_path).guidance("perf", "gate")
    assert (ran.status, ran.output.splitlines()[-1]) == (0, "All of it is as agreed."), ran.output


@pytest.mark.planted
def test_an_index_that_no_migration_makes(tmp_path: Path) -> None:
    source = planted(tmp_path, *NO_INDEX)
    assert_caught(
        source.guidance("perf", "gate", "--document", "CurrentSubscription"),
        "CurrentSubscription: sorts rows of user_subscriptions: no index has them in order"
        " in billing.current_subscription_by_user\n    SELECT ",
    )


@pytest.mark.planted
def test_a_sort(crowd: str, tmp_path: Path) -> None:
    source = planted(tmp_path, SORT)
    assert_caught(
        source.guidance("perf", "gate", "--document", "SendMessage", "--url", crowd),
        "SendMessage: sorts rows of chat_messages: no index has them in order in messages.path_to"
        "\n    SELECT ",
    )


@pytest.mark.planted
def test_an_answer_that_grows(crowd: str, tmp_path: Path) -> None:
    source = planted(tmp_path, LONGER_ANSWER)
    assert_caught(
        source.guidance("perf", "gate", "--document", "ApiCredentials", "--url", crowd),
        "\nApiCredentials: 4452 response bytes, where at most 4200 are agreed\n",
    )


@pytest.mark.planted
def test_a_document_without_a_budget(crowd: str, tmp_path: Path) -> None:
    arguments = ("perf", "gate", "--document", "Plans", "--url", crowd)
    ran = planted(tmp_path, NO_BUDGET).guidance(*arguments)
    assert_caught(ran, "not both: Quota, Quotas")


@pytest.mark.planted
def test_a_first_budget_is_what_the_document_takes(crowd: str, tmp_path: Path) -> None:
    table = f"[ArchiveConversation]{TABLE.read_text().split('[ArchiveConversation]')[1]}"
    source = planted(tmp_path, Edit(BUDGETS, table.partition("\n\n")[0], ""))
    arguments = ("--document", "ArchiveConversation", "--url", crowd)
    ran = source.guidance("perf", "calls", *arguments, "--agree", "the first budget")
    assert ran.status == 0, ran.output
    written, agreed = (
        {
            name: number
            for name, number in read_tables(path)["ArchiveConversation"].items()
            if not name.endswith("_calls")
        }
        for path in (tmp_path / BUDGETS, TABLE)
    )
    assert written == agreed


@pytest.mark.planted
def test_a_breaking_change_and_the_clients_that_it_breaks(
    postgres: str, template: str, tmp_path: Path
) -> None:
    before, after = planted(tmp_path / "before"), planted(tmp_path / "after", NO_MESSAGE_COUNT)
    with new_database(postgres, template) as url:
        for client, text in (("web", COUNTS), ("ios", TITLES)):
            documents = tmp_path / "documents" / client
            documents.mkdir(parents=True)
            (documents / "one.graphql").write_text(text)
            publishing = ("operations", "publish", documents, "--client", client)
            assert before.guidance(*publishing, DATABASE_URL=url).status == 0
        ran = after.guidance("schema", "check", "gql/schema.graphql", DATABASE_URL=url)
    assert_caught(
        ran,
        "breaking: Field Conversation.messageCount was removed.\n"
        "  breaks Counts of web (active, never used)\n",
        "documents that break: 1.",
    )
