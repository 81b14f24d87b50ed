/** Relay's environment, which sends the ids that its compiler gave under `persistConfig`. */

import { type Payload, openSocket, retryingFetch, resuming } from "guidance-client";
import relay, { type GraphQLResponse, type RequestParameters, type Variables } from "relay-runtime";

const { Environment, Network, Observable, RecordSource, Store } = relay;

export function connect(address: string, token: () => string) {
  const fetch = retryingFetch(token);
  const transport = resuming(openSocket(address, token));
  const ask = async (
    operation: RequestParameters,
    variables: Variables,
  ): Promise<GraphQLResponse> => {
    const answer = await fetch(`${address}/graphql`, {
      method: "POST",
      headers: {
        accept: "application/graphql-response+json, application/json;q=0.9",
        "content-type": "application/json",
      },
      body: JSON.stringify(payload(operation, variables)),
    });
    return (await answer.json()) as GraphQLResponse;
  };
  const follow = (operation: RequestParameters, variables: Variables) =>
    Observable.create<GraphQLResponse>((sink) =>
      transport.subscribe(payload(operation, variables), {
        next: (result) => sink.next(result as GraphQLResponse),
        error: (problem) => sink.error(problem),
        complete: () => sink.complete(),
      }),
    );
  return new Environment({
    network: Network.create(ask, follow),
    store: new Store(new RecordSource()),
  });
}

/** Without `persistConfig` there is a text and no id, with it an id and no text. */
function payload(
  { id, text, name }: RequestParameters,
  variables: Variables,
): Payload & { id?: string } {
  return text ? { query: text, operationName: name, variables } : { id: id!, variables };
}
