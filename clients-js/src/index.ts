export { type Backoff, USUAL_BACKOFF } from "./backoff.js";
export {
  type Abortable,
  type FollowOptions,
  Guidance,
  type GuidanceOptions,
  Refused,
  type ReplyOptions,
  type SendOptions,
} from "./client.js";
export { DOCUMENTS, type Document } from "./documents.js";
export type * from "./events.js";
export { type FetchOptions, retryingFetch } from "./fetch.js";
export { iterate } from "./iterate.js";
export { AnswerError, ConnectionLost } from "./problems.js";
export { resuming } from "./resuming.js";
export { type SocketOptions, openSocket } from "./socket.js";
export type { Token } from "./token.js";
export type * from "./transport.js";
