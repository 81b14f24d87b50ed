/** Sending messages, and following the replies to them. */
import { USUAL_BACKOFF } from "./backoff.js";
import { EDIT, FOLLOW, REGENERATE, SEND, STOP, request } from "./documents.js";
import { retryingFetch } from "./fetch.js";
import { ask } from "./http.js";
import { iterate } from "./iterate.js";
import { AnswerError, ConnectionLost } from "./problems.js";
import { resuming } from "./resuming.js";
import { openSocket } from "./socket.js";
/** The server did not do what it was asked for; nothing was changed. */
export class Refused extends Error {
    name = "Refused";
    code;
    field;
    retryAfterSeconds;
    constructor(reason) {
        super(reason.message);
        this.code = reason.code;
        this.field = reason.field ?? undefined;
        this.retryAfterSeconds = reason.retryAfterSeconds ?? undefined;
    }
}
/** One person's connection to the API. */
export class Guidance {
    /** Carries any operation, and takes up streams where they broke: for Apollo, urql and Relay. */
    transport;
    #address;
    #fetch;
    #sendsIds;
    #socket;
    #closing = new AbortController();
    constructor(options) {
        const { address, token, sendsIds = false, fetch = globalThis.fetch } = options;
        const backoff = { ...USUAL_BACKOFF, ...options.backoff };
        this.#address = address;
        this.#fetch = retryingFetch(token, { fetch, backoff });
        this.#sendsIds = sendsIds;
        this.#socket = openSocket(address, token, options.socket);
        this.transport = resuming(this.#socket, backoff);
    }
    /**
     * Send a message; answers at once, with a reply that is to be followed.
     *
     * It is sent once, however often the connection is lost on the way. Throws `Refused`.
     */
    async send(content, options = {}) {
        return this.#begin(SEND, "sendMessage", { content }, options);
    }
    /** Another version of a person's message, beside the first; otherwise like `send`. */
    async edit(messageId, content, options = {}) {
        return this.#begin(EDIT, "editMessage", { messageId, content }, options);
    }
    /** Have a message answered again; otherwise like `send`. */
    async regenerate(messageId, options = {}) {
        return this.#begin(REGENERATE, "regenerateReply", { messageId }, options);
    }
    /**
     * The data of any other query or mutation, with the same patience; throws `AnswerError`.
     *
     * A mutation that must not be done twice has an idempotency key among its variables.
     */
    async ask(payload, { signal } = {}) {
        return ask(this.#fetch, this.#address, payload, this.#untilClosed(signal));
    }
    /** Stop a reply; gives it with what had arrived. Those who follow it hear of its end. */
    async stop(replyId, { signal } = {}) {
        const stopped = await this.#change(STOP, "stopReply", { messageId: replyId }, signal);
        return stopped.reply;
    }
    /**
     * The events of a reply, each piece once, until `ReplyCompleted` or `ReplyFailed`.
     *
     * Leaving the loop stops following, and not the reply. Throws `AnswerError`, `ConnectionLost`
     * and the signal's reason; with the last index as `after` it can be gone on with later.
     */
    async *follow(replyId, options = {}) {
        const { after = 0, signal } = options;
        const payload = request(FOLLOW, { id: replyId, after }, this.#sendsIds);
        for await (const { data, errors } of iterate(this.transport, payload, this.#untilClosed(signal))) {
            if (errors?.length) {
                throw new AnswerError(errors);
            }
            const event = data?.["replyStream"];
            yield event;
            if (event.__typename !== "ReplyDelta") {
                return;
            }
        }
        throw new ConnectionLost({ reason: "the stream ended before the reply" });
    }
    /** Close the connection; what is followed or asked ends with a `ConnectionLost`. */
    async close() {
        this.#closing.abort(new ConnectionLost({ reason: "the client was closed" }));
        try {
            await this.#socket.dispose();
        }
        catch {
            // What could not be opened need not be closed.
        }
    }
    async #begin(document, field, about, { signal, idempotencyKey = crypto.randomUUID(), ...options }) {
        const input = { ...about, ...options, idempotencyKey, delivery: "STREAM" };
        return this.#change(document, field, input, signal);
    }
    async #change(document, field, input, signal) {
        const sent = request(document, { input }, this.#sendsIds);
        const data = await this.ask(sent, signal ? { signal } : {});
        const { userErrors, ...given } = data[field];
        if (userErrors[0]) {
            throw new Refused(userErrors[0]);
        }
        return given;
    }
    #untilClosed(signal) {
        const closing = this.#closing.signal;
        return signal ? AbortSignal.any([signal, closing]) : closing;
    }
}
