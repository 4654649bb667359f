/**
 * A light puller: goes through the queues of a topic again and again, and looks at no message. Run as a
 * process of its own; prints one JSON line.
 *
 *     deno run -A bench/light_pull.ts HOST:PORT TOPIC '{"conns":1,"depth":8,"queues":4,"seconds":5}'
 *
 * @module
 */
import process from "node:process";
import { PULL_FLAG } from "../net/wire/pull_flag.ts";
import { type CycleLoad, runCycles } from "./light_cycles.ts";
import { PreparedRequest } from "./prepared_request.ts";

/** What is pulled, for how long. */
export interface LightPull extends CycleLoad {
  readonly queues: number;
  /** Most messages of a pull. */
  readonly count: number;
}

const DEFAULTS: LightPull = {
  conns: 1,
  depth: 8,
  queues: 4,
  count: 32,
  warmupSeconds: 2,
  seconds: 5,
};

const FOUND = 0;

/** Pulls of one queue, from its beginning to its end and over again. */
function pulls(topic: string, { count, queues }: LightPull, number: number) {
  const pull = new PreparedRequest("PULL_MESSAGE", {
    opaque: number,
    extFields: {
      consumerGroup: "bench_light",
      topic,
      queueId: String(number % queues),
      maxMsgNums: String(count),
      sysFlag: String(PULL_FLAG.SUBSCRIPTION),
      commitOffset: "0",
      suspendTimeoutMillis: "0",
      subscription: "*",
      subVersion: "0",
      expressionType: "TAG",
    },
    numbers: ["queueOffset"],
  });
  let offset = 0;
  pull.set("queueOffset", offset);
  return {
    first: pull.frame,
    next({ code, extFields }: { code: number; extFields?: Record<string, string> | undefined }) {
      const next = code === FOUND ? Number(extFields?.["nextBeginOffset"]) : offset;
      const end = Number(extFields?.["maxOffset"]);
      const done = next - offset;
      offset = next < end ? next : 0;
      pull.set("queueOffset", offset);
      return { frame: pull.frame, done };
    },
  };
}

if (import.meta.main) {
  const [address = "", topic = "", options = "{}"] = process.argv.slice(2);
  const load: LightPull = { ...DEFAULTS, ...JSON.parse(options) };
  const result = await runCycles(address, load, (number) => pulls(topic, load, number));
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
