import { useQuery } from "@apollo/client/react";

import { Message } from "./Message";
import { MESSAGES } from "./api/operations";

/** The newest messages of a conversation, and on demand those before them. */
export function Conversation({ id }: { readonly id: string }) {
  const { data, error, fetchMore } = useQuery(MESSAGES, { variables: { id } });
  if (error) return <p role="alert">{error.message}</p>;
  if (!data) return <p>…</p>;
  if (!data.conversation) return <p>This conversation is gone.</p>;
  const { title, messages } = data.conversation;
  const { hasPreviousPage, startCursor } = messages.pageInfo;
  return (
    <>
      <h1>{title}</h1>
      {hasPreviousPage && (
        <button id="earlier" onClick={() => void fetchMore({ variables: { before: startCursor } })}>
          Earlier
        </button>
      )}
      <ol>
        {messages.edges.map(({ node }) => (
          <Message key={node.id} message={node} />
        ))}
      </ol>
    </>
  );
}
