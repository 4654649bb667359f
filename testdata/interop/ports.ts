/**
 * Free ports for servers whose port must be known before they start, and stay the same over a restart.
 *
 * @module
 */

import net from "node:net";

// Below the range the kernel takes a client's own ports from: a connection that is opened while a
// broker is down cannot take its port.
const FIRST = 20_000;
const COUNT = 9_000;

/** A free port whose neighbours at the given distances are free too. */
export async function freePort(neighbours: readonly number[] = []): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const free = await Promise.all([0, ...neighbours].map((distance) => isFree(port + distance)));
    if (free.every(Boolean)) return port;
  }
  throw new Error("Cannot find a free port: 200 tried");
}

/** A free port for a Java broker: it also listens two below (VIP) and one above (HA). */
export function freeBrokerPort(): Promise<number> {
  return freePort([-2, 1]);
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = net.createServer();
  server.once("error", () => resolve(false));
  server.listen({ host: "0.0.0.0", port }, () => server.close(() => resolve(true)));
  return promise;
}
