import "./style.css";

import { ApolloProvider } from "@apollo/client/react";
import { StrictMode, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./App";
import { SignIn } from "./SignIn";
import { connect } from "./api/client";

const KEY = "guidance.token";

/** Whoever signs in has a client of their own: nothing of somebody else's is in its cache. */
function Root() {
  const [token, setToken] = useState(() => sessionStorage.getItem(KEY));
  const client = useMemo(() => (token ? connect(location.origin, () => token) : null), [token]);
  const sign = (next: string | null) => {
    if (next) sessionStorage.setItem(KEY, next);
    else sessionStorage.removeItem(KEY);
    client?.stop();
    setToken(next);
  };
  return client ? (
    <ApolloProvider client={client}>
      <App onSignOut={() => sign(null)} />
    </ApolloProvider>
  ) : (
    <SignIn onToken={sign} />
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Root />
  </StrictMode>,
);
