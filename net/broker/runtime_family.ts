/**
 * The broker itself: its settings, its state, its counters, and the tables a slave copies (Java:
 * `AdminBrokerProcessor`).
 *
 * @module
 */

import type { ConfigVersion, OffsetMap } from "../../store/config_tables.ts";
import { writeFastJson } from "../../store/fast_json.ts";
import { storePaths } from "../../store/names.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import { encodeResponseHeader } from "../wire/headers.ts";
import { formatKvTable } from "../wire/name_lists.ts";
import { formatConsumerOffsets, formatDelayOffsets } from "../wire/offset_tables.ts";
import { formatBrokerStats } from "../wire/topic_stats.ts";
import { formatSettings, type LiveSettings } from "../rpc/live_settings.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { OffsetTable } from "./offset_table.ts";
import { runtimeInfo, type RuntimeSource } from "./runtime_info.ts";
import type { TopicTable } from "./topic_table.ts";

/** What the family works on. */
export interface RuntimeFamilyInput extends Omit<RuntimeSource, "logPath"> {
  readonly settings: LiveSettings<BrokerConfig>;
  readonly topics: Pick<TopicTable, "settingsChanged">;
  readonly offsets: OffsetTable;
  /** Version of the delay offsets. */
  readonly delayVersion: () => ConfigVersion;
}

/** What Java's tools take for granted among the settings of a broker, and what it is here. */
const FIXED = {
  brokerRole: "ASYNC_MASTER",
  filterServerNums: 0,
  slaveReadEnable: false,
  useTLS: false,
};

/** Requests about the broker. */
export function runtimeFamily(input: RuntimeFamilyInput): Family {
  const { settings, offsets, stats } = input;
  const { storePathCommitLog, storePathRootDir } = settings.current;
  const logPath = storePathCommitLog || storePaths(storePathRootDir).commitLogs.join();
  return {
    GET_BROKER_CONFIG() {
      const version = writeFastJson(settings.version);
      return {
        extFields: encodeResponseHeader("GET_BROKER_CONFIG", { version }),
        body: new TextEncoder().encode(formatSettings({ ...FIXED, ...settings.current })),
      };
    },

    // Java had two vulnerabilities in it (CVE-2023-33246, CVE-2023-37582).
    async UPDATE_BROKER_CONFIG({ body, connection }) {
      const changes = settings.update(body, connection.peer);
      const shown = ["brokerPermission", "autoCreateTopicEnable"];
      if (shown.some((key) => key in changes)) await input.topics.settingsChanged();
      return {};
    },

    GET_BROKER_RUNTIME_INFO: () => ({ body: formatKvTable(runtimeInfo({ ...input, logPath })) }),

    VIEW_BROKER_STATS_DATA({ header: { statsName, statsKey } }) {
      const data = stats.data(statsName, statsKey);
      if (data === undefined) {
        throw new Refusal("SYSTEM_ERROR", `The stats <${statsName}> <${statsKey}> not exist`);
      }
      return { body: formatBrokerStats(data) };
    },

    GET_ALL_CONSUMER_OFFSET: () => ({ body: formatConsumerOffsets(offsets.snapshot()) }),

    GET_ALL_DELAY_OFFSET() {
      const offsetTable: OffsetMap = input.delayOffsets();
      const dataVersion = input.delayVersion();
      return { body: formatDelayOffsets({ offsetTable: new Map(offsetTable), dataVersion }) };
    },
  };
}
