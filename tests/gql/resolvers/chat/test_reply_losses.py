"""Redis loses its data in the middle of a reply: over SSE and WebSocket no piece is missing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from tests.fixtures.clients.listening import Transport, over_socket, over_sse
from tests.fixtures.servers.chat import Chat
from tests.fixtures.stores.redis import ControlledRedis
from tests.fixtures.stores.world import ADA
from tests.gql.resolvers.chat.reply_servers import instance


def restart(redis: ControlledRedis) -> None:
    redis.kill()
    redis.start()


def flush(redis: ControlledRedis) -> None:
    with Redis.from_url(redis.url) as client:
        client.flushall()


@pytest.mark.parametrize("lose", [restart, flush])
@pytest.mark.parametrize("transport", [over_sse, over_socket])
def test_what_is_heard_is_what_is_stored(
    chat: Chat,
    tmp_path: Path,
    redis: ControlledRedis,
    transport: Transport,
    lose: Callable[[ControlledRedis], None],
) -> None:
    with (
        instance(chat, tmp_path, redis.url) as writer,
        instance(chat, tmp_path, redis.url) as reader,
    ):
        chat.stand_in.next({"tokens": 40, "tokens_per_second": 20})
        reply_id = writer.send(delivery="STREAM")["reply"]["id"]
        with transport(reader.api, reply_id, viewer=ADA) as events:
            heard = [next(events)]
            lose(redis)
            heard += [next(events) for _ in range(3)]
            lose(redis)
            # Another one goes on from there.
            with over_sse(
                reader.api, reply_id, viewer=ADA, last_event_id=f"{heard[-1]['index']}"
            ) as resumed:
                rest = list(resumed)
            heard += events
        assert heard[4:] == rest
        *deltas, completed = heard
        assert [delta["index"] for delta in deltas] == list(range(1, len(deltas) + 1))
        text = "".join(delta["text"] for delta in deltas)
        assert text == completed["message"]["content"] == writer.message(reply_id)["content"]
        assert completed["message"]["status"] == "COMPLETE"
