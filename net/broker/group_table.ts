/**
 * The consumer groups of a broker: how they may consume, and the file that survives in
 * (`subscriptionGroup.json`, which Java 4.9 and 5.x read and write too).
 *
 * @module
 */

import {
  type ConfigFormat,
  type ConfigVersion,
  type JsonObject,
  SUBSCRIPTION_GROUPS,
} from "../../store/config_tables.ts";
import { LMQ_PREFIX } from "../../store/multi_dispatch.ts";
import {
  newSubscriptionGroup,
  readSubscriptionGroup,
  type SubscriptionGroupConfig,
  type SubscriptionGroups,
} from "../wire/subscription_group.ts";
import type { BrokerConfig } from "./broker_config.ts";
import type { TableFile } from "./table_file.ts";
import { groupNameProblem, isSystemGroup } from "../wire/topic_names.ts";
import { nextVersion } from "./topic_table.ts";

/** The file `subscriptionGroup.json`. */
export const GROUP_FILE: ConfigFormat<ReadonlyMap<string, SubscriptionGroupConfig>> = {
  fileName: SUBSCRIPTION_GROUPS.fileName,
  decode(value) {
    const table = SUBSCRIPTION_GROUPS.decode(value);
    const groups = Array.from(table.entries, ([name, entry]): [string, SubscriptionGroupConfig] => {
      // Members of other releases go through the broker unharmed.
      return [name, { ...entry, ...readSubscriptionGroup(entry, name) }];
    });
    return { ...table, entries: new Map(groups) };
  },
  encode: ({ version, entries, rest }) => ({
    ...rest,
    dataVersion: version,
    subscriptionGroupTable: entries,
  }),
};

/** What the table needs to know. */
export interface GroupTableOptions {
  readonly config:
    & Pick<BrokerConfig, "autoCreateSubscriptionGroup">
    & Partial<Pick<BrokerConfig, "enableLmq">>;
  /** Where the table is kept; without it it lives in memory only. */
  readonly file?: TableFile<ReadonlyMap<string, SubscriptionGroupConfig>> | undefined;
  readonly now: () => number;
}

/** Groups every broker has (Java: `SubscriptionGroupManager.init`). */
const BOOT_GROUPS = [
  "TOOLS_CONSUMER",
  "FILTERSRV_CONSUMER",
  "SELF_TEST_C_GROUP",
  "CID_ONS-HTTP-PROXY",
  "CID_ONSAPI_PULL",
  "CID_ONSAPI_PERMISSION",
  "CID_ONSAPI_OWNER",
  "CID_RMQ_SYS_TRANS",
];

/** The groups. */
export class GroupTable {
  readonly #groups = new Map<string, SubscriptionGroupConfig>();
  readonly #options: GroupTableOptions;
  /** Members of the file that are not ours. */
  #rest: JsonObject = {};
  #dataVersion: ConfigVersion;

  private constructor(options: GroupTableOptions) {
    this.#options = options;
    this.#dataVersion = { counter: 0, timestamp: options.now(), stateVersion: 0 };
  }

  /**
   * The groups of the last run and those every broker has.
   *
   * @throws {Error} if the file holds something else.
   */
  static open(options: GroupTableOptions): GroupTable {
    const table = new GroupTable(options);
    for (const name of BOOT_GROUPS) table.#groups.set(name, newSubscriptionGroup(name));
    const kept = options.file?.read();
    if (kept === undefined) return table;
    for (const [name, group] of kept.entries) table.#groups.set(name, group);
    table.#rest = kept.rest;
    table.#dataVersion = kept.version ?? table.#dataVersion;
    return table;
  }

  /** Changes with every change of a group, by which slaves see it. */
  get dataVersion(): ConfigVersion {
    return this.#dataVersion;
  }

  /** The group; `undefined` when there is none of that name. */
  get(name: string): SubscriptionGroupConfig | undefined {
    const isLight = this.#options.config.enableLmq === true && name.startsWith(LMQ_PREFIX);
    return isLight ? newSubscriptionGroup(name) : this.#groups.get(name);
  }

  /** All groups. */
  all(): IterableIterator<SubscriptionGroupConfig> {
    return this.#groups.values();
  }

  /** The table as bodies hold it. */
  snapshot(): SubscriptionGroups {
    return { dataVersion: this.#dataVersion, subscriptionGroupTable: this.#groups };
  }

  /**
   * The group, created when it is not there and groups are (Java: `findSubscriptionGroupConfig`);
   * `undefined` when they are not or it cannot have that name.
   */
  findOrCreate(name: string): SubscriptionGroupConfig | undefined {
    const found = this.get(name);
    if (found !== undefined) return found;
    if (!this.#options.config.autoCreateSubscriptionGroup && !isSystemGroup(name)) return undefined;
    if (groupNameProblem(name) !== undefined) return undefined;
    const created = newSubscriptionGroup(name);
    this.put(created);
    return created;
  }

  /** Creates or replaces a group; resolves when that is saved. */
  put(group: SubscriptionGroupConfig): Promise<void> {
    this.#groups.set(group.groupName, group);
    return this.#changed();
  }

  /** Removes a group, if it is there; resolves when that is saved. */
  delete(name: string): Promise<void> {
    return this.#groups.delete(name) ? this.#changed() : this.saved();
  }

  /** Resolves when all changes are on the disk; a save that failed is tried once more. */
  async saved(): Promise<void> {
    await this.#options.file?.saved();
  }

  /** What is returned may be dropped, as of {@linkcode TableFile.save}. */
  #changed(): Promise<void> {
    this.#dataVersion = nextVersion(this.#dataVersion, this.#options.now());
    const saved = this.#options.file?.save(() => ({
      version: this.#dataVersion,
      entries: this.#groups,
      rest: this.#rest,
    }));
    return saved ?? Promise.resolve();
  }
}
