"""What `guidance --help` says of each command: known without importing any."""

from collections.abc import Mapping

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Serving": {
        "serve": "the API, on a database of its own unless DATABASE_URL is set",
        "worker": "the background jobs, in a process of their own",
        "demo": "the API with demo data, and a first request to paste",
        "llm-standin": "an offline stand-in for the language model",
        "cluster": "instances, proxy and stores of deploy/, on the loopback",
    },
    "Data": {
        "db": "move the schema, check migrations, fill an empty database",
    },
    "People and companies": {
        "token": "a person's token, for development and tests",
        "accounts": "the companies, with the ids that commands want",
        "api-key": "a new API key of a company",
        "billing": "audit and mend the books, companies' terms, refunds",
        "privacy": "retry an erasure, revoke the link of an export",
    },
    "Language models": {
        "models": "which models there are, and which of them a plan allows",
        "usage": "the tokens that were recorded, against the provider's count",
    },
    "Documents": {
        "schema": "print the schema, or list what a change of it breaks",
        "operations": "the documents that clients may run, and their use",
    },
    "Measuring": {
        "perf": "budgets, load tests, and comparisons of versions",
        "bench": "what one part of the server takes: time, processor, memory",
        "chaos": "kill, break, attack and overload a server, and see what holds",
    },
}

SHORT_FORMS = frozenset({"migrate", "seed"})
"""Also commands of `db`. Scripts rely on these names; the help leaves them out."""
