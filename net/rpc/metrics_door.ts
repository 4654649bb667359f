/**
 * The port on which a server shows its metrics and its health over HTTP: `GET /metrics` for
 * Prometheus, `GET /health` for whoever restarts what does not work.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { formatAddress, type SocketAddress } from "./address.ts";

/** How a server is. */
export interface Health {
  readonly isWell: boolean;
  /** In a sentence. */
  readonly reason: string;
}

/** What is shown. */
export interface MetricsDoorOptions {
  /** Text of the metrics. */
  readonly metrics: () => string;
  readonly health: () => Health;
}

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECTIONS_MAX = 64;

/** A port that shows metrics. */
export class MetricsDoor implements AsyncDisposable {
  /** Where it listens. */
  readonly address: SocketAddress;
  readonly #server: Server;
  #closing: Promise<void> | undefined;

  private constructor(server: Server, address: SocketAddress) {
    this.#server = server;
    this.address = address;
  }

  /**
   * Listens; port 0 takes any free one.
   *
   * @throws {Error} if the address cannot be listened on.
   */
  static async listen(where: SocketAddress, options: MetricsDoorOptions): Promise<MetricsDoor> {
    const server = createServer((request, response) => answer(request, response, options));
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.headersTimeout = REQUEST_TIMEOUT_MS;
    server.keepAliveTimeout = REQUEST_TIMEOUT_MS;
    server.maxConnections = CONNECTIONS_MAX;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause) => {
        const text = `Cannot serve metrics on ${formatAddress(where)}: ${cause.message}`;
        reject(new Error(text, { cause }));
      });
      server.listen(where.port, where.hostname, resolve);
    });
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : where.port;
    return new MetricsDoor(server, { hostname: where.hostname, port });
  }

  /** Closes the port and its connections; twice is fine. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, health }: MetricsDoorOptions,
): void {
  const path = (request.url ?? "/").split("?")[0];
  if (request.method !== "GET" && request.method !== "HEAD") {
    return reply(response, 405, "Only GET is served\n");
  }
  if (path === "/metrics") return reply(response, 200, metrics());
  if (path === "/health") {
    const { isWell, reason } = health();
    return reply(response, isWell ? 200 : 503, `${reason}\n`);
  }
  reply(response, 404, "There is /metrics and /health\n");
}

function reply(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": TEXT });
  response.end(body);
}
