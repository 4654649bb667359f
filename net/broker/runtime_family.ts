/**
 * The broker itself: its settings, its state, its counters, and the tables a slave copies (Java:
 * `AdminBrokerProcessor`).
 *
 * @module
 */

import type { ConfigVersion, OffsetMap } from "../../store/config_tables.ts";
import { writeFastJson } from "../../store/fast_json.ts";
import { Refusal } from "../rpc/refusal.ts";
import type { Family } from "../rpc/routes.ts";
import { encodeResponseHeader } from "../wire/headers.ts";
import { formatKvTable } from "../wire/name_lists.ts";
import { formatConsumerOffsets, formatDelayOffsets } from "../wire/offset_tables.ts";
import { formatBrokerStats } from "../wire/topic_stats.ts";
import { type BrokerConfig, formatProperties } from "./broker_config.ts";
import type { OffsetTable } from "./offset_table.ts";
import { runtimeInfo, type RuntimeSource } from "./runtime_info.ts";

/** What the family works on. */
export interface RuntimeFamilyInput extends RuntimeSource {
  readonly config: BrokerConfig;
  readonly offsets: OffsetTable;
  /** Version of the delay offsets. */
  readonly delayVersion: () => ConfigVersion;
}

/** Requests about the broker. */
export function runtimeFamily(input: RuntimeFamilyInput): Family {
  const { config, offsets, stats } = input;
  return {
    GET_BROKER_CONFIG() {
      // Settings do not change while the broker runs.
      const version = writeFastJson({ counter: 0, timestamp: stats.bootTimestamp });
      return {
        extFields: encodeResponseHeader("GET_BROKER_CONFIG", { version }),
        body: new TextEncoder().encode(formatProperties(config)),
      };
    },

    // Java had two vulnerabilities in it (CVE-2023-33246, CVE-2023-37582).
    UPDATE_BROKER_CONFIG() {
      const remark = "Settings cannot be changed over the network: start the broker with them";
      throw new Refusal("NO_PERMISSION", remark);
    },

    GET_BROKER_RUNTIME_INFO: () => ({ body: formatKvTable(runtimeInfo(input)) }),

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
