import { useMutation, useSubscription } from "@apollo/client/react";
import { useState } from "react";

import type { MessageFragment } from "./api/__generated__/graphql";
import { keepPiece, keepQuota } from "./api/cache";
import { REPLY, STOP } from "./api/operations";

/** A message; a reply that is being written is followed, and can be stopped. */
export function Message({ message }: { readonly message: MessageFragment }) {
  const { id, role, status, content } = message;
  const [failure, setFailure] = useState<string>();
  useReply(message, setFailure);
  const [stop, stopping] = useMutation(STOP, {
    variables: { id },
    onCompleted: ({ stopReply }) => setFailure(stopReply.userErrors[0]?.message),
    onError: (error) => setFailure(error.message),
  });
  return (
    <li className={role.toLowerCase()} data-status={status}>
      <p>{content}</p>
      {status === "STREAMING" && (
        <button className="stop" disabled={stopping.loading} onClick={() => void stop()}>
          Stop
        </button>
      )}
      {failure && <p role="alert">{failure}</p>}
    </li>
  );
}

/** Follow a reply while it is written: its text goes into the cache, whence it is shown. */
function useReply({ id, status }: MessageFragment, onFailure: (why: string) => void): void {
  useSubscription(REPLY, {
    variables: { id, after: 0 },
    skip: status !== "STREAMING",
    ignoreResults: true,
    onData({ client: { cache }, data: { data } }) {
      const event = data?.replyStream;
      if (event?.__typename === "ReplyDelta") keepPiece(cache, id, event.index, event.text);
      if (event?.__typename === "ReplyCompleted") keepQuota(cache, event.quota);
      if (event?.__typename === "ReplyFailed") onFailure(event.error.message);
    },
    onError: (error) => onFailure(error.message),
  });
}
