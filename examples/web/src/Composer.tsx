import { useMutation } from "@apollo/client/react";
import { type FormEvent, useState } from "react";

import { keepSent } from "./api/cache";
import { SEND } from "./api/operations";

interface Props {
  readonly conversationId: string | null;
  readonly onSent: (conversationId: string) => void;
}

/** A text and the key under which it is sent, however often it has to be: another text, another key. */
const draftOf = (content: string) => ({ content, idempotencyKey: crypto.randomUUID() });

/** Writes a message. What was refused stays where it is, to be sent again. */
export function Composer({ conversationId, onSent }: Props) {
  const [draft, setDraft] = useState(() => draftOf(""));
  const [problem, setProblem] = useState<string>();
  const [send, { loading }] = useMutation(SEND, {
    update(cache, { data }) {
      if (data) keepSent(cache, data.sendMessage);
    },
    onCompleted({ sendMessage: { conversation, userErrors } }) {
      setProblem(userErrors[0]?.message);
      if (userErrors.length || !conversation) return;
      setDraft(draftOf(""));
      onSent(conversation.id);
    },
    onError: (error) => setProblem(error.message),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send({ variables: { input: { ...draft, conversationId, delivery: "STREAM" } } });
  };
  return (
    <form onSubmit={submit}>
      <input
        aria-label="Message"
        value={draft.content}
        onChange={(event) => setDraft(draftOf(event.target.value))}
      />
      <button disabled={loading || !draft.content.trim()}>Send</button>
      {problem && <p role="alert">{problem}</p>}
    </form>
  );
}
