/** How long to wait before trying again. */
/** Timers take no more. */
const MOST_SECONDS = (2 ** 31 - 1) / 1000;
export const USUAL_BACKOFF = { firstSeconds: 0.5, longestSeconds: 20, attempts: 12 };
/**
 * Seconds to wait after so many failures in a row, at least `leastSeconds`: exponential backoff
 * with full jitter, after Brooker, "Exponential Backoff And Jitter" (2015).
 */
export function pauseSeconds(backoff, failures, leastSeconds) {
    const { firstSeconds, longestSeconds } = backoff;
    const mostByChance = Math.min(longestSeconds, firstSeconds * 2 ** (failures - 1));
    return Math.min(MOST_SECONDS, leastSeconds + Math.random() * mostByChance);
}
/** Wait; rejects with the signal's reason when it is aborted. */
export function wait(seconds, signal) {
    return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const abort = () => {
            clearTimeout(timer);
            reject(signal?.reason);
        };
        const timer = setTimeout(() => {
            signal?.removeEventListener("abort", abort);
            resolve();
        }, seconds * 1000);
        signal?.addEventListener("abort", abort, { once: true });
    });
}
