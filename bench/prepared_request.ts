/**
 * A request encoded once, of which only some numbers change from one sending to the next.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { RequestName } from "../net/wire/codes.ts";
import { request } from "../net/wire/command.ts";
import { encodeFrame } from "../net/wire/frame.ts";

/** As many digits as a number may have anywhere; brokers read leading zeros as nothing. */
const DIGITS = 19;

/** What a request is made of. */
export interface PreparedOptions {
  readonly opaque: number;
  /** Fields that stay. */
  readonly extFields: Readonly<Record<string, string>>;
  /** Names of the fields that change. */
  readonly numbers?: readonly string[];
  readonly body?: Uint8Array;
}

/** A request whose numbers can be set. */
export class PreparedRequest {
  /** The request as it stands now. */
  readonly frame: Buffer;
  readonly #places = new Map<string, number>();

  constructor(name: RequestName, { opaque, extFields, numbers = [], body }: PreparedOptions) {
    const marks = numbers.map((field, at) => [field, `9${at}`.padEnd(DIGITS, "9")] as const);
    const fields = { ...extFields, ...Object.fromEntries(marks) };
    this.frame = Buffer.from(encodeFrame(request(name, {
      opaque,
      serialize: "ROCKETMQ",
      extFields: fields,
      ...(body !== undefined && { body }),
    })));
    for (const [field, mark] of marks) this.#places.set(field, this.frame.indexOf(mark));
  }

  /** Sets a number. */
  set(field: string, value: number): void {
    const at = this.#places.get(field);
    if (at === undefined) throw new Error(`Cannot set ${field}: it was not named`);
    this.frame.write(String(value).padStart(DIGITS, "0"), at, "latin1");
  }
}
