import { useQuery } from "@apollo/client/react";

import { CONVERSATIONS } from "./api/operations";

interface Props {
  readonly open: string | null;
  readonly onOpen: (id: string | null) => void;
}

/** The person's conversations, the last changed first, page by page. */
export function Conversations({ open, onOpen }: Props) {
  const { data, error, fetchMore } = useQuery(CONVERSATIONS);
  const page = data?.viewer?.conversations;
  return (
    <nav>
      <button id="new" onClick={() => onOpen(null)} disabled={!open}>
        New conversation
      </button>
      {error && <p role="alert">{error.message}</p>}
      <ul>
        {page?.edges.map(({ node }) => (
          <li key={node.id}>
            <button aria-current={node.id === open} onClick={() => onOpen(node.id)}>
              {node.title}
            </button>
          </li>
        ))}
      </ul>
      {page?.pageInfo.hasNextPage && (
        <button
          id="more"
          onClick={() => void fetchMore({ variables: { after: page.pageInfo.endCursor } })}
        >
          More
        </button>
      )}
    </nav>
  );
}
