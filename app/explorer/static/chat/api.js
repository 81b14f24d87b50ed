// What the page asks of the API, beside sending and following, which the client does.

import { Guidance, Refused } from "../client/client.js";

const ERRORS = "userErrors { code message field retryAfterSeconds }";
const ENTRY = "id title status isPinned tags updatedAt";
const MESSAGE = `id role status content createdAt siblingCount siblingIndex
  generation { model } feedback { rating comment }`;
const LISTED = `edges { node { ${ENTRY} } } pageInfo { hasNextPage endCursor }`;

/** How many messages are read at once, and how many versions of one. */
const PAGE = 50;
const VERSIONS = 100;

export class Api {
  /** Asks as the person whose token `token()` is. */
  constructor(token) {
    this.client = new Guidance({ address: location.origin, token });
  }

  async ask(query, variables = {}) {
    return this.client.ask({ query, variables });
  }

  /** What a mutation gives; throws `Refused`. */
  async change(field, type, input, selection) {
    const text = `mutation Change($input: ${type}!) { ${field}(input: $input) { ${selection} ${ERRORS} } }`;
    const { userErrors, ...given } = (await this.ask(text, { input }))[field];
    if (userErrors[0]) throw new Refused(userErrors[0]);
    return given;
  }

  /** The person, or null without a good token. */
  async viewer() {
    const { viewer } = await this.ask(`query Viewer { viewer {
      email tags quota { state limit used remaining } models { name displayName } } }`);
    return viewer;
  }

  /** A page of the list; its first has what is pinned in front. */
  async conversations({ status, tag }, after) {
    const { viewer } = await this.ask(`query List(
      $status: ConversationStatus, $tag: String, $after: String, $isFirst: Boolean!
    ) { viewer {
      pinned: conversations(first: 50, status: $status, tag: $tag, pinned: true) @include(if: $isFirst) { ${LISTED} }
      others: conversations(first: 25, after: $after, status: $status, tag: $tag, pinned: false) { ${LISTED} }
    } }`, { status, tag: tag || undefined, after, isFirst: !after });
    const nodes = (list) => (list?.edges ?? []).map(({ node }) => node);
    const { hasNextPage, endCursor } = viewer.others.pageInfo;
    return { entries: [...nodes(viewer.pinned), ...nodes(viewer.others)], after: hasNextPage ? endCursor : null };
  }

  async search(query, after) {
    const { viewer } = await this.ask(`query Search($query: String!, $after: String) { viewer {
      searchMessages(query: $query, first: 20, after: $after) {
        edges { snippet highlights { start end } node { id role createdAt conversation { id title } } }
        pageInfo { hasNextPage endCursor }
      } } }`, { query, after });
    const { edges, pageInfo } = viewer.searchMessages;
    return { found: edges, after: pageInfo.hasNextPage ? pageInfo.endCursor : null };
  }

  /** A conversation with the end of a branch, or of the one that is shown; null where there is none. */
  async conversation(id, { branch, before } = {}) {
    const { conversation } = await this.ask(`query Conversation($id: ID!, $branch: ID, $before: String) {
      conversation(id: $id) { ${ENTRY} messages(last: ${PAGE}, before: $before, branch: $branch) {
        edges { node { ${MESSAGE} } } pageInfo { hasPreviousPage startCursor }
      } } }`, { id, branch, before });
    if (!conversation) return null;
    const { messages, ...entry } = conversation;
    const { hasPreviousPage, startCursor } = messages.pageInfo;
    return { entry, messages: messages.edges.map(({ node }) => node), before: hasPreviousPage ? startCursor : null };
  }

  /** The id of the version of a message at a place among its siblings. */
  async sibling(messageId, index) {
    const { node } = await this.ask(`query Siblings($id: ID!) { node(id: $id) { ... on Message {
      siblings(first: ${VERSIONS}) { edges { node { id } } } } } }`, { id: messageId });
    return node?.siblings.edges[index]?.node.id ?? null;
  }

  selectBranch(messageId) {
    return this.change("selectBranch", "MessageInput", { messageId }, "conversation { id }");
  }

  deleteMessage(messageId) {
    return this.change("deleteMessage", "MessageInput", { messageId }, "deletedMessageIds");
  }

  deleteConversation(conversationId) {
    return this.change("deleteConversation", "ConversationInput", { conversationId }, "deletedConversationId");
  }

  archive(conversationId, isArchived) {
    const field = isArchived ? "archiveConversation" : "unarchiveConversation";
    return this.change(field, "ConversationInput", { conversationId }, `conversation { ${ENTRY} }`);
  }

  rename(conversationId, title) {
    return this.change("renameConversation", "RenameConversationInput", { conversationId, title }, `conversation { ${ENTRY} }`);
  }

  pin(conversationId, isPinned) {
    return this.change("pinConversation", "PinConversationInput", { conversationId, isPinned }, `conversation { ${ENTRY} }`);
  }

  tag(conversationId, tags) {
    return this.change("setConversationTags", "SetConversationTagsInput", { conversationId, tags }, `conversation { ${ENTRY} }`);
  }

  /** Rate a reply; without a rating, take back what was given. */
  async rate(messageId, rating, comment) {
    const input = { messageId, rating: rating ?? undefined, comment: comment || undefined };
    const { message } = await this.change("giveFeedback", "GiveFeedbackInput", input, "message { feedback { rating comment } }");
    return message.feedback;
  }
}
