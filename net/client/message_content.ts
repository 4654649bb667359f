/**
 * What a message says, however it came: its body, and what it was given to be found and chosen by.
 *
 * @module
 */

import { type BodyResult, readBody } from "../../store/body.ts";
import { KEY_SEPARATOR, PROPERTY } from "../../store/properties.ts";
import { ClientError } from "./client_error.ts";

const decoder = new TextDecoder();

/** Content of a message. */
export abstract class MessageContent {
  #body: Uint8Array | undefined;

  /** All properties, RocketMQ's own among them. */
  abstract get properties(): ReadonlyMap<string, string>;
  /** The body as it is stored, and the flags that say how. */
  protected abstract get stored(): { readonly body: Uint8Array; readonly sysFlag: number };
  /** What it is, for an error: `"the reply from 10.0.0.1:5"`. */
  protected abstract get name(): string;

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

  /** What subscriptions choose by. */
  get tag(): string | undefined {
    return this.properties.get(PROPERTY.tags);
  }

  /** What it can be found by. */
  get keys(): readonly string[] {
    return this.properties.get(PROPERTY.keys)?.split(KEY_SEPARATOR).filter((it) => it !== "") ?? [];
  }

  #readBody(): Uint8Array {
    const { body, sysFlag } = this.stored;
    const read: BodyResult = readBody(body, sysFlag);
    if (read.state === "ok") return read.body;
    throw new ClientError(`Cannot read ${this.name}: ${read.reason}`, { kind: "damaged" });
  }
}
