/**
 * Signed requests, as brokers with access control ask for (Java: `AclClientRPCHook`).
 *
 * @module
 */

import { createHmac } from "node:crypto";
import type { Outgoing } from "../rpc/connection.ts";

/** Who asks. */
export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Of temporary keys. */
  readonly securityToken?: string | undefined;
}

/**
 * The request with the fields that tell who asks. What is signed are the values of all fields, by
 * field name, and the body; so nothing may be changed after it.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { signed } from "./signature.ts";
 *
 * const asked = { name: "GET_MAX_OFFSET", extFields: { topic: "T", queueId: "0" } } as const;
 * const { extFields } = signed(asked, { accessKey: "rocketmq2", secretKey: "12345678" });
 * assert.equal(extFields?.["AccessKey"], "rocketmq2");
 * assert.equal(extFields?.["Signature"]?.length, 28);
 * ```
 */
export function signed(asked: Outgoing, credentials: Credentials): Outgoing {
  const { accessKey, secretKey, securityToken } = credentials;
  const fields: Record<string, string> = { ...asked.extFields, AccessKey: accessKey };
  if (securityToken !== undefined) fields["SecurityToken"] = securityToken;
  const hmac = createHmac("sha1", secretKey);
  for (const key of Object.keys(fields).sort()) hmac.update(fields[key]!);
  if (asked.body !== undefined) hmac.update(asked.body);
  return { ...asked, extFields: { ...fields, Signature: hmac.digest("base64") } };
}
