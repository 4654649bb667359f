/**
 * A light producer of transactions: half messages, each committed as soon as it is stored. Run as a
 * process of its own; prints one JSON line.
 *
 *     deno run -A bench/light_transactions.ts HOST:PORT TOPIC '{"depth":64,"bodyBytes":1024,"seconds":5}'
 *
 * @module
 */
import process from "node:process";
import { SYS_FLAG } from "../store/format.ts";
import { type Cycle, type CycleLoad, runCycles } from "./light_cycles.ts";
import { PreparedRequest } from "./prepared_request.ts";

/** What is sent, for how long. */
export interface LightTransactions extends CycleLoad {
  readonly bodyBytes: number;
  readonly queues: number;
}

const DEFAULTS: LightTransactions = {
  conns: 1,
  depth: 64,
  bodyBytes: 1024,
  queues: 4,
  warmupSeconds: 2,
  seconds: 5,
};

const GROUP = "bench_light";
/** Where in a message id its offset in the log begins. */
const OFFSET_AT = 16;

/** Half message, commit, and over again. */
function transactions(topic: string, load: LightTransactions, number: number): Cycle {
  const uniqueKey = `0A0B0C0D00001111222233334444${String(number).padStart(4, "0")}`;
  const half = new PreparedRequest("SEND_MESSAGE_V2", {
    opaque: number,
    extFields: {
      ...{ a: GROUP, b: topic, c: "TBW102", d: String(load.queues) },
      ...{ e: String(number % load.queues), f: String(SYS_FLAG.transactionPrepared) },
      ...{ g: String(Date.now()), h: "0", j: "0", k: "false", m: "false" },
      i: `UNIQ_KEY\u0001${uniqueKey}\u0002WAIT\u0001true\u0002TRAN_MSG\u0001true\u0002` +
        `PGROUP\u0001${GROUP}\u0002`,
    },
    body: new Uint8Array(load.bodyBytes).fill(0x78),
  });
  const commit = new PreparedRequest("END_TRANSACTION", {
    opaque: number,
    extFields: {
      producerGroup: GROUP,
      commitOrRollback: String(SYS_FLAG.transactionCommit),
      fromTransactionCheck: "false",
      msgId: uniqueKey,
      transactionId: uniqueKey,
    },
    numbers: ["tranStateTableOffset", "commitLogOffset"],
  });
  let isOpen = false;
  return {
    first: half.frame,
    next({ code, extFields }) {
      isOpen = !isOpen && code === 0;
      if (!isOpen) return { frame: half.frame, done: code === 0 ? 1 : 0 };
      commit.set("tranStateTableOffset", Number(extFields?.["queueOffset"]));
      const offset = extFields?.["msgId"]?.slice(OFFSET_AT) ?? "";
      commit.set("commitLogOffset", Number.parseInt(offset, 16));
      return { frame: commit.frame, done: 0 };
    },
  };
}

if (import.meta.main) {
  const [address = "", topic = "", options = "{}"] = process.argv.slice(2);
  const load: LightTransactions = { ...DEFAULTS, ...JSON.parse(options) };
  const result = await runCycles(address, load, (number) => transactions(topic, load, number));
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
