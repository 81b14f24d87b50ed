/** Results as they come, one after the other. */
/**
 * The results of an operation; leaving the loop stops it.
 *
 * Throws what the transport's sink is given, and the signal's reason as soon as it is aborted.
 */
export async function* iterate(transport, payload, signal) {
    signal?.throwIfAborted();
    const received = [];
    let wake = () => { };
    const receive = (one) => {
        received.push(one);
        wake();
    };
    const fail = (problem) => receive(() => {
        throw problem;
    });
    const abort = () => {
        received.length = 0;
        fail(signal?.reason);
    };
    signal?.addEventListener("abort", abort);
    const unsubscribe = transport.subscribe(payload, {
        next: (result) => receive(() => result),
        error: fail,
        complete: () => receive(() => undefined),
    });
    try {
        for (;;) {
            if (!received.length) {
                await new Promise((resolve) => {
                    wake = resolve;
                });
            }
            const result = received.shift()();
            if (!result) {
                return;
            }
            yield result;
        }
    }
    finally {
        signal?.removeEventListener("abort", abort);
        unsubscribe();
    }
}
