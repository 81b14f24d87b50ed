"""/chat/stream: replies as the UI message stream of the AI SDK, for `useChat` and assistant-ui."""
