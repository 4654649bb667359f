/**
 * The one way for a handler to say no.
 *
 * @module
 */

import type { ResponseName } from "../wire/codes.ts";

/** Settings of {@linkcode Refusal}. */
export interface RefusalOptions {
  /** Header fields of the response. */
  readonly extFields?: Record<string, string> | undefined;
  /** What led to it; never sent. */
  readonly cause?: unknown;
}

/**
 * A request that is answered with an error code. Handlers throw it; the connection sends `code`,
 * `remark` and `extFields`, and logs nothing, since refusing is normal work.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** Response code. */
  readonly code: ResponseName;
  /** Text for the people at the other end. */
  readonly remark: string;
  /** Header fields of the response. */
  readonly extFields: Record<string, string> | undefined;

  /** A refusal with a code and a text for the requester. */
  constructor(code: ResponseName, remark: string, options: RefusalOptions = {}) {
    super(remark, { cause: options.cause });
    this.code = code;
    this.remark = remark;
    this.extFields = options.extFields;
  }
}
