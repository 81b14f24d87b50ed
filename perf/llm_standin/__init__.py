"""A stand-in for the language model: the OpenAI chat API over HTTP, with settable faults."""
