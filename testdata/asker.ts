/**
 * Handler families at work without a network, for their tests: a request goes in as a frame through
 * a real connection, and the answer comes back as one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Connection, type ConnectionOptions } from "../net/rpc/connection.ts";
import { type Family, routesOf } from "../net/rpc/routes.ts";
import type { RequestName } from "../net/wire/codes.ts";
import { type Payload, type RemotingCommand, request } from "../net/wire/command.ts";
import { decodeFrame, encodeFrame } from "../net/wire/frame.ts";
import { ScriptedSocket, turn } from "./scripted_socket.ts";

/** A request besides its name. */
export interface Asked extends Payload {
  /** Release of the asking program. */
  readonly version?: number;
}

/** One client of some families. */
export class Asker implements AsyncDisposable {
  readonly socket = new ScriptedSocket();
  /** The server's end, as handlers see it. */
  readonly connection: Connection;
  #opaque = 0;

  constructor(families: readonly Family[], options: ConnectionOptions = {}) {
    this.connection = Connection.over(this.socket, { ...options, routes: routesOf(families) });
  }

  /** The answer to a request; waits for handlers that work on files too. */
  async ask(name: RequestName, { version, ...payload }: Asked = {}): Promise<RemotingCommand> {
    const command = request(name, { ...payload, opaque: ++this.#opaque });
    if (version !== undefined) command.version = version;
    const count = this.socket.writes.length;
    this.socket.feed(encodeFrame(command));
    while (this.socket.writes.length === count) await turn();
    const answer = decodeFrame(this.socket.writes.at(-1) ?? assert.fail("no answer"));
    assert.equal(answer.opaque, command.opaque);
    return answer;
  }

  /** Sends a request nobody answers, and lets it be served. */
  async tell(name: RequestName, payload: Payload = {}): Promise<void> {
    this.socket.feed(
      encodeFrame(request(name, { ...payload, opaque: ++this.#opaque, oneway: true })),
    );
    await turn();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.connection[Symbol.asyncDispose]();
  }
}
