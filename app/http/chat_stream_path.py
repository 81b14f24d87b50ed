"""The path under which replies are streamed to the AI SDK."""

CHAT_STREAM_PATH = "/chat/stream"
