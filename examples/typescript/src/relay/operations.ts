/**
 * What the app asks. Relay's compiler reads this file and nothing runs it: in a bundled app
 * `babel-plugin-relay` puts what was compiled in the place of each text.
 */

import relay from "relay-runtime";

const { graphql } = relay;

export const documents = [
  graphql`
    query operationsMeQuery {
      viewer {
        email
        quota {
          remaining
        }
      }
    }
  `,
  graphql`
    mutation operationsSendMutation($input: SendMessageInput!) {
      sendMessage(input: $input) {
        reply {
          id
        }
        quota {
          remaining
        }
        userErrors {
          code
          message
        }
      }
    }
  `,
  graphql`
    subscription operationsReplySubscription($id: ID!, $after: Int!) {
      replyStream(messageId: $id, after: $after) {
        __typename
        ... on ReplyDelta {
          index
          text
        }
        ... on ReplyCompleted {
          quota {
            remaining
          }
        }
        ... on ReplyFailed {
          error {
            code
            message
          }
        }
      }
    }
  `,
];
