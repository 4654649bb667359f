/**
 * `mq broker status`: a running broker on one page.
 *
 * @module
 */
import { type BrokerInfo, brokerInfo } from "../../net/client/broker_info.ts";
import { RpcClient } from "../../net/rpc/client.ts";
import { EXIT } from "../exit_code.ts";
import { formatOf, type OutputOptions } from "../output/format_option.ts";
import { lineText, type Terminal } from "../terminal.ts";

/** Where a broker on this machine listens unless it is told otherwise. */
export const STATUS_ADDRESS = "127.0.0.1:10911";

const TIMEOUT_MS = 5000;
const UNKNOWN = "unknown";

/** Asks the broker at `address`, of whatever make, and prints what it says. */
export async function brokerStatus(
  terminal: Terminal,
  address: string,
  options: OutputOptions,
): Promise<number> {
  await using client = new RpcClient();
  const info = await brokerInfo(client, address, { timeoutMs: TIMEOUT_MS });
  if (formatOf(terminal, options) === "json") {
    const runtime = Object.fromEntries(sorted(info.runtime));
    const config = Object.fromEntries(sorted(info.config));
    terminal.out.write(`${JSON.stringify({ address, runtime, config })}\n`);
    return EXIT.ok;
  }
  const rows = pageOf(address, info);
  const width = Math.max(...rows.map(([label]) => label.length));
  for (const [label, text] of rows) {
    terminal.out.write(`${label.padEnd(width)}  ${lineText(text)}\n`);
  }
  return EXIT.ok;
}

function sorted(map: ReadonlyMap<string, string>): [string, string][] {
  return [...map].sort(([a], [b]) => a < b ? -1 : 1);
}

/** The page: a label and a text a line. */
export function pageOf(address: string, { runtime, config }: BrokerInfo): [string, string][] {
  const of = (key: string) => runtime.get(key) ?? UNKNOWN;
  const setting = (key: string) => config.get(key) ?? UNKNOWN;
  const got = runtime.get("getTransferredTps") ?? runtime.get("getTransferedTps");
  const readWrite = Number(config.get("brokerPermission") ?? 6);
  return [
    ["broker", `${setting("brokerName")} in ${setting("brokerClusterName")}, at ${address}`],
    ["release", of("brokerVersionDesc")],
    // Such as `0 days, 0 hours, 3 minutes, 4 seconds`, in brackets.
    ["up", of("runtime").replace(/^\[ *| *\]$/g, "").replace(/^(0 \w+, )+/, "")],
    ["messages in", `${rates(runtime.get("putTps"))}; ${total(runtime, "msgPut")}`],
    ["messages out", `${rates(got)}; ${total(runtime, "msgGet")}`],
    ["failed puts", count(runtime.get("putMessageFailedTimes"))],
    ["log", logText(runtime)],
    ["to be flushed", runtime.get("remainHowManyDataToFlush") ?? UNKNOWN],
    ["disk", diskText(runtime)],
    ["delayed", delayText(runtime)],
    ["permission", permissionText(readWrite)],
    ["flush", setting("flushDiskType")],
    ["name servers", config.get("namesrvAddr") || "none"],
  ];
}

/** Such as `12.3/s, 10.0/s over a minute, 9.8/s over ten`; Java tells them one after the other. */
function rates(text: string | undefined): string {
  const numbers = (text ?? "").split(" ").filter((part) => part !== "").map(Number);
  const names = ["/s", "/s over a minute", "/s over ten"];
  if (numbers.length === 0 || numbers.some(Number.isNaN)) return "no rate yet";
  return numbers.map((rate, at) => `${rate.toFixed(1)}${names[at] ?? "/s"}`).join(", ");
}

function total(runtime: ReadonlyMap<string, string>, prefix: string): string {
  const now = Number(runtime.get(`${prefix}TotalTodayNow`));
  const morning = Number(runtime.get(`${prefix}TotalTodayMorning`));
  if (Number.isNaN(now) || Number.isNaN(morning)) return UNKNOWN;
  return `${grouped(now - morning)} today, ${grouped(now)} since the start`;
}

function logText(runtime: ReadonlyMap<string, string>): string {
  const min = runtime.get("commitLogMinOffset");
  const max = runtime.get("commitLogMaxOffset");
  const oldest = Number(runtime.get("earliestMessageTimeStamp"));
  const since = oldest > 0 ? `, oldest message of ${new Date(oldest).toISOString()}` : ", empty";
  return `from ${count(min)} to ${count(max)}${since}`;
}

function diskText(runtime: ReadonlyMap<string, string>): string {
  const ratio = Number(runtime.get("commitLogDiskRatio"));
  const used = Number.isNaN(ratio) ? UNKNOWN : `${(ratio * 100).toFixed(0)}% used`;
  const capacity = runtime.get("commitLogDirCapacity") ?? "";
  const sizes = /^Total : (.+), Free : (.+)\.$/.exec(capacity);
  return sizes === null ? used : `${used}, ${sizes[2]} of ${sizes[1]} free`;
}

/** Messages that wait in all delay levels together. */
function delayText(runtime: ReadonlyMap<string, string>): string {
  let waiting = 0;
  let levels = 0;
  for (const [key, text] of runtime) {
    if (!key.startsWith("scheduleMessageOffset_")) continue;
    const [offset = 0, max = 0] = text.split(",").map(Number);
    if (max <= offset) continue;
    waiting += max - offset;
    levels++;
  }
  return levels === 0 ? "none" : `${grouped(waiting)} in ${levels} level${levels === 1 ? "" : "s"}`;
}

function permissionText(bits: number): string {
  const can = [(bits & 4) !== 0 && "read", (bits & 2) !== 0 && "write"].filter(Boolean);
  return can.length === 0 ? "none" : can.join(" and ");
}

function count(text: string | undefined): string {
  return text === undefined || !/^\d+$/.test(text) ? text ?? UNKNOWN : grouped(Number(text));
}

function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}
