/**
 * `mq cluster status`: the name servers and brokers of a cluster, a row each.
 *
 * @module
 */
import type { Admin } from "../../net/client/admin/admin.ts";
import type { BrokerInfo } from "../../net/client/broker_info.ts";
import { connect } from "../../net/client/client.ts";
import type { ClientOptions } from "../../net/client/client_options.ts";
import { PERM } from "../../net/wire/topic_config.ts";
import { EXIT } from "../exit_code.ts";
import { clusterOf, type ClusterOptions } from "../option/cluster_option.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { Terminal } from "../terminal.ts";

/** What `mq cluster status` may be asked. */
export interface StatusOptions extends ClusterOptions, OutputOptions {
  readonly cluster?: string | undefined;
}

const FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "namesrv or broker", width: 7 },
  { name: "cluster", type: "string", about: "cluster of a broker", width: 14 },
  { name: "brokerName", type: "string", about: "name of a broker", width: 12 },
  { name: "brokerId", type: "number", about: "0 is the master", width: 8 },
  { name: "address", type: "string", about: "where it listens", width: 21 },
  { name: "version", type: "string", about: "release of a broker", width: 8 },
  { name: "inTps", type: "number", about: "messages in a second, over ten seconds", width: 8 },
  { name: "outTps", type: "number", about: "messages out a second, over ten seconds", width: 8 },
  { name: "inToday", type: "number", about: "messages in since midnight" },
  { name: "outToday", type: "number", about: "messages out since midnight" },
  { name: "diskRatio", type: "number", about: "how full the disk of the log is, 0 to 1", width: 9 },
  { name: "oldestTimestamp", type: "time", about: "store time of a broker's oldest message" },
  { name: "upSince", type: "time", about: "when a broker was started" },
  { name: "wrong", type: "boolean", about: "whether it did not answer, or knows no broker" },
  { name: "note", type: "string", about: "what one should know of it", width: 0 },
];

/** Prints how a cluster is. */
export async function clusterStatus(terminal: Terminal, options: StatusOptions): Promise<number> {
  const rows = openRows(terminal, FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const place = clusterOf(terminal, options);
  let isWrong = false;
  const row = (row: { readonly wrong: boolean }) => {
    isWrong ||= row.wrong;
    rows.row(row);
  };
  await using client = connect(place);
  const nameServers = await nameServerRows(place);
  for (const it of nameServers) row(it);
  if (nameServers.some((it) => !it.wrong)) {
    for (const it of await brokerRows(client.admin, options.cluster)) row(it);
  }
  rows.end();
  return isWrong ? EXIT.operational : EXIT.ok;
}

/** Each is asked on its own: together they answer as soon as one does. */
async function nameServerRows(place: ClientOptions) {
  const addresses = [place.nameServers].flat();
  return await Promise.all(addresses.map(async (address) => {
    await using client = connect({ ...place, nameServers: address });
    const row = { kind: "namesrv", address };
    try {
      const brokers = await client.admin.clusterInfo();
      const count = brokers.reduce((sum, it) => sum + it.addresses.size, 0);
      const note = count === 0 ? "knows no broker" : `knows ${count}`;
      // Brokers register with all of them: one that knows none is as good as away.
      return { ...row, brokers: count, wrong: count === 0, note };
    } catch (error) {
      return { ...row, wrong: true, note: (error as Error).message };
    }
  }));
}

async function brokerRows(admin: Admin, cluster: string | undefined) {
  const brokers = (await admin.clusterInfo({ cluster })).flatMap(({ addresses, ...broker }) => {
    return [...addresses].sort(([one], [other]) => one - other)
      .map(([brokerId, address]) => ({ kind: "broker", ...broker, brokerId, address }));
  });
  return await Promise.all(brokers.map(async (broker) => {
    try {
      return { ...broker, ...stateOf(await admin.brokerInfo(broker.address)), wrong: false };
    } catch (error) {
      return { ...broker, wrong: true, note: (error as Error).message };
    }
  }));
}

/** Over how full a disk brokers of Java begin to remove files at any hour. */
const DISK_RATIO_HIGH = 0.75;

function stateOf({ runtime, config }: BrokerInfo) {
  const number = (key: string) => {
    const value = Number(runtime.get(key) || NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  const rate = (key: string) => Number(runtime.get(key)?.trim().split(" ")[0] || NaN);
  const today = (prefix: string) => {
    const now = number(`${prefix}TotalTodayNow`);
    const morning = number(`${prefix}TotalTodayMorning`);
    return now === undefined || morning === undefined ? undefined : now - morning;
  };
  const diskRatio = number("commitLogDiskRatio");
  const perm = Number(config.get("brokerPermission") ?? PERM.READ | PERM.WRITE);
  const notes = [
    (perm & PERM.WRITE) === 0 && "takes no messages",
    (perm & PERM.READ) === 0 && "gives out no messages",
    diskRatio !== undefined && diskRatio > DISK_RATIO_HIGH && "disk nearly full",
  ].filter((it) => it !== false);
  const outTps = rate("getTransferredTps");
  return {
    version: runtime.get("brokerVersionDesc"),
    inTps: rounded(rate("putTps")),
    // 4.x has it misspelt.
    outTps: rounded(Number.isNaN(outTps) ? rate("getTransferedTps") : outTps),
    inToday: today("msgPut"),
    outToday: today("msgGet"),
    diskRatio: diskRatio === undefined ? undefined : rounded(diskRatio),
    oldestTimestamp: number("earliestMessageTimeStamp"),
    upSince: number("bootTimestamp"),
    note: notes.join(", "),
  };
}

function rounded(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : Math.round(value * 100) / 100;
}
