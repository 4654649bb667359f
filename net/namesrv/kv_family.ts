/**
 * Values by namespace and key, as operators read and write them.
 *
 * @module
 */

import { encodeResponseHeader } from "../wire/headers.ts";
import { formatKvTable } from "../wire/name_lists.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import type { KvConfig } from "./kv_config.ts";

/** Answers to changes leave when the change is saved. */
export function kvFamily({ kv }: { readonly kv: KvConfig }): Family {
  return {
    async PUT_KV_CONFIG({ header: { namespace, key, value } }) {
      await kv.put(namespace, { key, value });
      return {};
    },

    GET_KV_CONFIG({ header: { namespace, key } }) {
      const value = kv.get(namespace, key);
      if (value === undefined) {
        const remark = `No config item, Namespace: ${namespace} Key: ${key}`;
        throw new Refusal("QUERY_NOT_FOUND", remark, { extFields: {} });
      }
      return { extFields: encodeResponseHeader("GET_KV_CONFIG", { value }) };
    },

    async DELETE_KV_CONFIG({ header: { namespace, key } }) {
      await kv.delete(namespace, key);
      return {};
    },

    GET_KVLIST_BY_NAMESPACE({ header: { namespace } }) {
      const values = kv.list(namespace);
      if (values === undefined) {
        throw new Refusal("QUERY_NOT_FOUND", `No config item, Namespace: ${namespace}`);
      }
      return { body: formatKvTable(values) };
    },
  };
}
