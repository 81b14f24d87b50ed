/** For Apollo Client: a link whose streams go on where they broke. */

import { ApolloLink, CombinedGraphQLErrors, Observable } from "@apollo/client";
import type { GraphQLFormattedError } from "graphql";
import { print } from "graphql";

import { AnswerError } from "./problems.js";
import type { Payload, Transport } from "./transport.js";

/**
 * A terminating link over `transport`, in the place of `GraphQLWsLink`.
 *
 * Behind a `PersistedQueryLink` it sends the hash alone where that link says so: a server that runs
 * registered documents only is not sent a text.
 */
export function socketLink(transport: Transport): ApolloLink {
  return new ApolloLink(
    (operation) =>
      new Observable((observer) =>
        transport.subscribe(payloadOf(operation), {
          next: (result) => observer.next(result as ApolloLink.Result),
          error: (problem) => observer.error(asError(problem)),
          complete: () => observer.complete(),
        }),
      ),
  );
}

function payloadOf(operation: ApolloLink.Operation): Payload {
  const { query, variables, operationName, extensions } = operation;
  const { http } = operation.getContext() as { http?: { includeQuery?: boolean } };
  const named = { operationName: operationName ?? null, variables, extensions };
  return http?.includeQuery === false ? named : { ...named, query: print(query) };
}

/** The server's errors as Apollo has them of every link. */
function asError(problem: Error): Error {
  if (!(problem instanceof AnswerError)) {
    return problem;
  }
  return new CombinedGraphQLErrors({ errors: problem.errors as GraphQLFormattedError[] });
}
