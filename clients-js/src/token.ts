/** The person's token as it is now: whoever asks or connects again does so with a new one. */
export type Token = () => string | Promise<string>;
