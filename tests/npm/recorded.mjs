// What clients send to the server at ADDRESS, noted request by request.

const { ADDRESS } = process.env;
export const ENDPOINT = `${ADDRESS}/graphql`;
export const PLANS = `query Plans {
  plans {
    code
    __typename
  }
}`;
export const CODES = ["basic-entry", "premium-unlimited"];

/** A `fetch` that notes each request: its method, whether it has a text, and which hash or id. */
export function recording() {
  const sent = [];
  const fetch = async (url, options = {}) => {
    const { method = "GET", body } = options;
    const members = body ? JSON.parse(body) : Object.fromEntries(new URL(url).searchParams);
    const { query, extensions } = members;
    const { persistedQuery } = typeof extensions === "string" ? JSON.parse(extensions) : extensions ?? {};
    sent.push({ method, hasText: Boolean(query), id: persistedQuery?.sha256Hash ?? members.doc_id });
    return globalThis.fetch(url, options);
  };
  return { fetch, sent };
}
