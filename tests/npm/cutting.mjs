// A proxy that breaks connections in the middle of what the server sends.

import { createServer, connect } from "node:net";

/** How a connection ends: with a reset, in order, or not at all, with nothing more coming. */
const CUTS = {
  reset: (client, server) => [client, server].forEach((one) => one.resetAndDestroy()),
  end: (client, server) => [client, server].forEach((one) => one.destroy()),
  silence: (client, server) => server.destroy(),
};

/**
 * A proxy before `address`. Each connection in turn is cut once it has passed on as many bytes of
 * the server's as the next of `lengths` says, to the byte; those after the last one are not cut.
 */
export async function cutting(address, lengths, kinds = ["reset", "end"]) {
  const target = new URL(address);
  const left = [...lengths];
  const open = new Set();
  const proxy = { cuts: 0 };
  const listener = createServer((client) => {
    const server = connect(target.port, target.hostname);
    [client, server].forEach((one) => open.add(one.on("error", () => {})));
    const kind = kinds[left.length % kinds.length];
    let passing = left.length ? left.shift() : Infinity;
    client.pipe(server);
    client.on("close", () => server.destroy());
    server.on("end", () => client.end());
    server.on("data", (bytes) => {
      client.write(bytes.subarray(0, passing), () => {
        if (passing > 0) return;
        CUTS[kind](client, server);
      });
      passing -= bytes.length;
      if (passing <= 0) {
        server.pause();
        proxy.cuts += 1;
      }
    });
  });
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  proxy.address = `http://127.0.0.1:${listener.address().port}`;
  proxy.close = () => {
    listener.close();
    open.forEach((one) => one.destroy());
  };
  return proxy;
}

/** Numbers from `least` to `most` that look random, the same for the same seed (a linear congruence). */
export function lengths(seed, count, most, least = 1) {
  let state = seed + 1;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return least + (state % (most - least + 1));
  });
}
