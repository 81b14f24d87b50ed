import { useQuery } from "@apollo/client/react";
import { useState } from "react";

import { Composer } from "./Composer";
import { Conversation } from "./Conversation";
import { Conversations } from "./Conversations";
import { ME } from "./api/operations";

/** The conversations beside the one that is open, and what is left of the day. */
export function App({ onSignOut }: { readonly onSignOut: () => void }) {
  const { data, error } = useQuery(ME);
  const [open, setOpen] = useState<string | null>(null);
  const viewer = data?.viewer;
  return (
    <>
      <header>
        <span id="who">{viewer ? viewer.email : error ? error.message : "…"}</span>
        {viewer && <span id="quota">{`${viewer.quota.remaining} of ${viewer.quota.limit} left`}</span>}
        <button onClick={onSignOut}>Sign out</button>
      </header>
      {viewer && (
        <main>
          <Conversations open={open} onOpen={setOpen} />
          <section>
            {open && <Conversation key={open} id={open} />}
            <Composer key={open ?? "new"} conversationId={open} onSent={setOpen} />
          </section>
        </main>
      )}
    </>
  );
}
