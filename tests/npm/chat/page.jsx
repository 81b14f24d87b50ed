// A page as a front-end developer would write it: the libraries as they are, and our address.

import { useChat } from "@ai-sdk/react";
import {
  AssistantRuntimeProvider,
  ComposerPrimitive,
  MessagePrimitive,
  ThreadPrimitive,
} from "@assistant-ui/react";
import { useAISDKRuntime } from "@assistant-ui/react-ai-sdk";
import { DefaultChatTransport } from "ai";
import { useState } from "react";
import { createRoot } from "react-dom/client";

const { api, token, chat: id, library } = Object.fromEntries(
  new URLSearchParams(location.hash.slice(1)),
);
const headers = { authorization: `Bearer ${token}` };
const transport = new DefaultChatTransport({ api, headers });

/** What both pages have beside their messages: the state, and the way back. */
function Controls({ chat }) {
  return (
    <p>
      <output id="status">{chat.status}</output>
      <button id="stop" type="button" onClick={() => fetch(`${api}/${id}/stop`, { method: "POST", headers })}>
        Stop
      </button>
      <button id="back" type="button" onClick={() => chat.resumeStream()}>
        Back
      </button>
      <button id="again" type="button" onClick={() => chat.regenerate()}>
        Again
      </button>
    </p>
  );
}

function UseChat() {
  const chat = useChat({ id, transport });
  const [text, setText] = useState("");
  const send = (event) => {
    event.preventDefault();
    chat.sendMessage({ text });
    setText("");
  };
  return (
    <form onSubmit={send}>
      {chat.messages.map((message) => (
        <div key={message.id} className={message.role} data-id={message.id}>
          {message.parts.map((part) => part.text)}
        </div>
      ))}
      <input value={text} onChange={(event) => setText(event.target.value)} />
      <button id="send">Send</button>
      <Controls chat={chat} />
    </form>
  );
}

const Said = ({ className }) => (
  <MessagePrimitive.Root className={className}>
    <MessagePrimitive.Parts components={{ Text: ({ text }) => text }} />
  </MessagePrimitive.Root>
);
const components = {
  UserMessage: () => <Said className="user" />,
  AssistantMessage: () => <Said className="assistant" />,
};

function AssistantUi() {
  const chat = useChat({ id, transport });
  return (
    <AssistantRuntimeProvider runtime={useAISDKRuntime(chat)}>
      <ThreadPrimitive.Root>
        <ThreadPrimitive.Messages components={components} />
        <ComposerPrimitive.Root>
          <ComposerPrimitive.Input />
          <ComposerPrimitive.Send id="send">Send</ComposerPrimitive.Send>
        </ComposerPrimitive.Root>
      </ThreadPrimitive.Root>
      <Controls chat={chat} />
    </AssistantRuntimeProvider>
  );
}

createRoot(document.body).render(library === "assistant-ui" ? <AssistantUi /> : <UseChat />);
