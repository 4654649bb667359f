/**
 * One request of a peer, as its handler sees it.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { RequestName, ResponseName } from "../wire/codes.ts";
import type { Payload, RemotingCommand } from "../wire/command.ts";
import type { Connection } from "./connection.ts";

/** What a handler answers; without a code it is success. */
export interface Reply extends Payload {
  /** Response code. */
  readonly code?: ResponseName;
  /** Called when the answer is copied for its way out, so that the memory of its body is free. */
  readonly release?: (() => void) | undefined;
}

/** What a handler returns when it will call {@linkcode Call.answer} itself. */
export const LATER: unique symbol = Symbol("answered later");

/** Sends the answer to a request, unless it is one-way. */
export type Respond = (command: RemotingCommand, reply: Reply) => void;

const EMPTY = new Uint8Array();

/** A request with its decoded header. */
export class Call<Header> {
  /** Name of the request. */
  readonly name: RequestName;
  /** Typed header. */
  readonly header: Header;
  /** The request as it came. */
  readonly command: RemotingCommand;
  /**
   * Bytes after the header, empty when there are none. It is a view of the connection's buffer, valid
   * until the handler returns or first awaits: a handler that needs it longer copies it.
   */
  readonly body: Uint8Array;
  /** Where the request came from; requests to the peer go through it. */
  readonly connection: Connection;
  /**
   * Set by a handler whose promised answer holds memory while it is made, such as a read from a disk: a
   * peer may have a few of them at a time.
   */
  holdsMemory = false;
  readonly #respond: Respond;
  #answered = false;

  /** Made by the connection, with positions instead of names because it is made for every request. */
  constructor(
    name: RequestName,
    header: Header,
    command: RemotingCommand,
    connection: Connection,
    respond: Respond,
  ) {
    this.name = name;
    this.header = header;
    this.command = command;
    this.body = command.body ?? EMPTY;
    this.connection = connection;
    this.#respond = respond;
  }

  /** Whether the answer has been given. */
  get answered(): boolean {
    return this.#answered;
  }

  /**
   * Sends the answer; for handlers that returned {@linkcode LATER}, once. A one-way request and a
   * closed connection take the answer and drop it.
   */
  answer(reply: Reply): void {
    assert(!this.#answered, `${this.name} is answered twice`);
    this.#respond(this.command, reply);
    this.#answered = true;
    reply.release?.();
  }
}
