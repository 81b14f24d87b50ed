/** Asking over HTTP. */
import { AnswerError } from "./problems.js";
/** The data of an answer; throws `AnswerError` where there is none, and what `fetch` throws. */
export async function ask(fetch, address, payload, signal) {
    const response = await fetch(`${address}/graphql`, {
        method: "POST",
        headers: {
            accept: "application/graphql-response+json, application/json;q=0.9",
            "content-type": "application/json",
        },
        body: JSON.stringify(payload),
        signal,
    });
    const { data, errors = [] } = parsed(await response.text());
    if (!data || errors.length) {
        throw new AnswerError(errors, response.status);
    }
    return data;
}
/** The body, or nothing where a proxy answered in the server's place. */
function parsed(body) {
    try {
        return JSON.parse(body);
    }
    catch {
        return {};
    }
}
