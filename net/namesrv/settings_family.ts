/**
 * The settings of a name server, to be read over the network, and changed there only where it was
 * started to allow that: two of Java's vulnerabilities (CVE-2023-33246, CVE-2023-37582) were remote
 * changes of settings.
 *
 * @module
 */

import { formatSettings, LiveSettings, type LiveSettingsOptions } from "../rpc/live_settings.ts";
import type { Family } from "../rpc/routes.ts";

/** What a name server honours, under the names Java gives it. */
export interface NameServerSettings {
  readonly bindAddress: string;
  readonly kvConfigPath: string;
  readonly listenPort: number;
  readonly orderMessageEnable: boolean;
  readonly scanNotActiveBrokerInterval: number;
  readonly serverChannelMaxIdleTimeSeconds: number;
  readonly updateNamesrvConfigEnable: boolean;
}

/** The settings a request may change, each with when that takes hold. */
export const HOT_NAMESRV_SETTINGS = {
  orderMessageEnable: "for the next route that is asked for",
} as const satisfies LiveSettingsOptions<NameServerSettings>["hot"];

/** The settings of a name server that starts with `initial`. */
export function liveNameServerSettings(
  initial: NameServerSettings,
  options: Pick<LiveSettingsOptions<NameServerSettings>, "save" | "log" | "now">,
): LiveSettings<NameServerSettings> {
  return new LiveSettings({
    ...options,
    initial,
    switchKey: "updateNamesrvConfigEnable",
    hot: HOT_NAMESRV_SETTINGS,
  });
}

/** Shows settings as properties text, with the port that was taken, and changes what may change. */
export function settingsFamily(
  { settings, listenPort }: {
    readonly settings: LiveSettings<NameServerSettings>;
    readonly listenPort: () => number;
  },
): Family {
  return {
    GET_NAMESRV_CONFIG() {
      const text = formatSettings({ ...settings.current, listenPort: listenPort() });
      return { body: new TextEncoder().encode(text) };
    },

    UPDATE_NAMESRV_CONFIG({ body, connection }) {
      settings.update(body, connection.peer);
      return {};
    },
  };
}
