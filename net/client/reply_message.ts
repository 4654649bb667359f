/**
 * The reply to a request that was sent as a message.
 *
 * @module
 */

import { parseProperties, PROPERTY } from "../../store/properties.ts";
import type { HeaderOf } from "../wire/headers.ts";
import { MessageContent } from "./message_content.ts";

/** A reply as its broker handed it on; it has no place in a queue. */
export class ReplyMessage extends MessageContent {
  override readonly properties: ReadonlyMap<string, string>;
  readonly #header: HeaderOf<"PUSH_REPLY_MESSAGE_TO_CLIENT">;
  readonly #stored: Uint8Array;

  /** `body` is kept. */
  constructor(header: HeaderOf<"PUSH_REPLY_MESSAGE_TO_CLIENT">, body: Uint8Array) {
    super();
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

  protected override get stored(): { readonly body: Uint8Array; readonly sysFlag: number } {
    return { body: this.#stored, sysFlag: this.#header.sysFlag };
  }

  protected override get name(): string {
    return `the reply from ${this.bornHost}`;
  }
}
