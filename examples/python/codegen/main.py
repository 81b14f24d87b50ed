"""Sends a message with a client that ariadne-codegen has made: typed requests, typed answers.

ADDRESS and TOKEN are what `make run` prints.
"""

import asyncio
import os
from uuid import uuid4

from httpx import TransportError

try:
    from guidance_api import Client, GraphQLClientHttpError, SendMessageInput
except ModuleNotFoundError as missing:
    how = "ariadne-codegen --config ariadne-codegen.toml makes the client"
    raise SystemExit(f"{missing}: {how}") from None


async def main() -> None:
    """Say how many messages are left, send one, and print the whole reply."""
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
    async with Client(url=f"{os.environ['ADDRESS']}/graphql", headers=headers) as client:
        viewer = (await client.left()).viewer
        if viewer is None:
            raise SystemExit("The token is no person's.")
        print(f"{viewer.email} may send {viewer.quota.remaining} messages today.")
        # The same key sends it once, however often it is asked for; a model takes its time.
        message = SendMessageInput(content="How do I begin?", idempotencyKey=str(uuid4()))
        sent = (await client.send(message, timeout=30)).send_message
        if sent.reply is None or sent.quota is None:
            raise SystemExit(sent.user_errors[0].message)
        print(f"{sent.reply.content}\n{sent.quota.remaining} are left.")


if __name__ == "__main__":
    if not {"ADDRESS", "TOKEN"} <= os.environ.keys():
        raise SystemExit("Set ADDRESS and TOKEN to what `make run` prints.")
    try:
        asyncio.run(main())
    except GraphQLClientHttpError as refused:
        raise SystemExit(refused.response.json()["errors"][0]["message"]) from None
    except TransportError as lost:
        raise SystemExit(f"{os.environ['ADDRESS']} does not answer: {lost}") from None
