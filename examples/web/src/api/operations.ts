/** All that the app asks; `graphql-codegen` makes the types and the ids of it. */

import { graphql } from "./__generated__";

graphql(`
  fragment Quota on Quota {
    limit
    used
    remaining
  }
`);

graphql(`
  fragment Message on Message {
    id
    role
    status
    content
  }
`);

graphql(`
  fragment Error on UserError {
    code
    message
    retryAfterSeconds
  }
`);

export const ME = graphql(`
  query Me {
    viewer {
      id
      email
      quota {
        ...Quota
      }
    }
  }
`);

export const CONVERSATIONS = graphql(`
  query Conversations($after: String) {
    viewer {
      id
      conversations(first: 20, after: $after, status: ACTIVE) {
        edges {
          node {
            id
            title
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

/** The newest messages, and with `before` those in front of them. */
export const MESSAGES = graphql(`
  query Messages($id: ID!, $before: String) {
    conversation(id: $id) {
      id
      title
      messages(last: 20, before: $before) {
        edges {
          node {
            ...Message
          }
        }
        pageInfo {
          hasPreviousPage
          startCursor
        }
      }
    }
  }
`);

export const SEND = graphql(`
  mutation Send($input: SendMessageInput!) {
    sendMessage(input: $input) {
      conversation {
        id
        title
      }
      message {
        ...Message
      }
      reply {
        ...Message
      }
      quota {
        ...Quota
      }
      userErrors {
        ...Error
      }
    }
  }
`);

export const STOP = graphql(`
  mutation Stop($id: ID!) {
    stopReply(input: { messageId: $id }) {
      reply {
        ...Message
      }
      userErrors {
        ...Error
      }
    }
  }
`);

/** Asks for `index`, without which a stream that broke is not taken up. */
export const REPLY = graphql(`
  subscription Reply($id: ID!, $after: Int!) {
    replyStream(messageId: $id, after: $after) {
      ... on ReplyDelta {
        index
        text
      }
      ... on ReplyCompleted {
        message {
          ...Message
        }
        quota {
          ...Quota
        }
      }
      ... on ReplyFailed {
        message {
          ...Message
        }
        error {
          ...Error
        }
      }
    }
  }
`);
