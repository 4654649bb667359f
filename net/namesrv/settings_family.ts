/**
 * The settings of a name server, to be read over the network and changed only where it is started:
 * two of Java's vulnerabilities (CVE-2023-33246, CVE-2023-37582) were remote changes of settings.
 *
 * @module
 */

import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";

/** Settings under the names Java gives them. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** Shows settings as properties text and refuses to change them. */
export function settingsFamily({ settings }: { readonly settings: () => Settings }): Family {
  return {
    GET_NAMESRV_CONFIG() {
      const lines = Object.entries(settings()).map(([key, value]) => `${key}=${value}\n`);
      return { body: new TextEncoder().encode(lines.sort().join("")) };
    },

    UPDATE_NAMESRV_CONFIG() {
      const remark = "Settings cannot be changed over the network: start the name server with them";
      throw new Refusal("NO_PERMISSION", remark);
    },
  };
}
