"""What `guidance demo` prints before it serves."""

import json

_DOCUMENT = """query Hello {
  viewer {
    email
    subscription { status plan { displayName } }
    quota { state remaining limit }
    conversations(first: 3) {
      edges { node { title lastMessage { role content } } }
    }
  }
}"""
_ONE_LINE = " ".join(_DOCUMENT.split())


def welcome(address: str, *, token: str, key: str, stand_in: str | None) -> str:
    """Address, credentials, who writes the replies, and a first request to paste into a shell."""
    body = json.dumps({"query": _ONE_LINE})
    return f"""
GraphQL   {address}   (open it in a browser, or ask it from a shell)
Chat      {address.removesuffix("/graphql")}/chat   (for a browser)
Person    {token}
Company   {key}
Model     {_model(stand_in)}
Open      to pages of this machine, of any port, and with the schema shown: for development only.
          APP_ENV=production closes both; GRAPHQL_ALLOWED_ORIGINS=https://… opens it to other pages

A first request, as the person (a company sends its key as 'X-API-Key: …'):

curl -s {address} \\
  -H 'Content-Type: application/json' \\
  -H 'Authorization: Bearer {token}' \\
  -d '{body}'
"""


def _model(stand_in: str | None) -> str:
    if stand_in is None:
        return "as CHAT_LLM_BASE_URL or CHAT_LLM_MODELS say"
    return (
        f"a stand-in at {stand_in}, which only pretends; for a real one start with\n"
        "          CHAT_LLM_BASE_URL=https://… CHAT_LLM_API_KEY=… CHAT_LLM_MODEL=… make run"
    )
