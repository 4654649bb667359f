/**
 * The reply to a request that was sent as a message.
 *
 * @module
 */

import { readBody } from "../../store/body.ts";
import { KEY_SEPARATOR, parseProperties, PROPERTY } from "../../store/properties.ts";
import type { HeaderOf } from "../wire/headers.ts";
import { ClientError } from "./client_error.ts";

const decoder = new TextDecoder();

/** A reply as its broker handed it on; it has no place in a queue. */
export class ReplyMessage {
  /** All properties, RocketMQ's own among them. */
  readonly properties: ReadonlyMap<string, string>;
  readonly #header: HeaderOf<"PUSH_REPLY_MESSAGE_TO_CLIENT">;
  readonly #stored: Uint8Array;
  #body: Uint8Array | undefined;

  /** `body` is kept. */
  constructor(header: HeaderOf<"PUSH_REPLY_MESSAGE_TO_CLIENT">, body: Uint8Array) {
    this.#header = header;
    this.#stored = body;
    this.properties = parseProperties(header.properties ?? "");
  }

  /** Topic of the replies of its cluster. */
  get topic(): string {
    return this.#header.topic;
  }

  /** Made by who replied; empty where it made none. */
  get messageId(): string {
    return this.properties.get(PROPERTY.uniqueKey) ?? "";
  }

  /**
   * Content, decompressed.
   *
   * @throws {ClientError} `damaged` when it is compressed and cannot be decompressed.
   */
  get body(): Uint8Array {
    return this.#body ??= this.#readBody();
  }

  /** Content as UTF-8. */
  text(): string {
    return decoder.decode(this.body);
  }

  /**
   * Content as JSON.
   *
   * @throws {SyntaxError} if it is none.
   */
  json<Value = unknown>(): Value {
    return JSON.parse(this.text());
  }

  /** The tag it was given. */
  get tag(): string | undefined {
    return this.properties.get(PROPERTY.tags);
  }

  /** The keys it was given. */
  get keys(): readonly string[] {
    return this.properties.get(PROPERTY.keys)?.split(KEY_SEPARATOR).filter((it) => it !== "") ?? [];
  }

  /** 32 bits of who replied. */
  get flag(): number {
    return this.#header.flag;
  }

  /** When it was made, by the clock of who replied. */
  get bornAt(): Date {
    return new Date(this.#header.bornTimestamp);
  }

  /** When its broker had it, by the broker's clock. */
  get storedAt(): Date {
    return new Date(this.#header.storeTimestamp);
  }

  /** Address of who replied. */
  get bornHost(): string {
    return this.#header.bornHost;
  }

  /** Address of its broker. */
  get storeHost(): string {
    return this.#header.storeHost;
  }

  #readBody(): Uint8Array {
    const read = readBody(this.#stored, this.#header.sysFlag);
    if (read.state === "ok") return read.body;
    const message = `Cannot read the reply from ${this.bornHost}: ${read.reason}`;
    throw new ClientError(message, { kind: "damaged" });
  }
}
