/**
 * A store whose files are cut, or read as zeros, from any byte on: every message before the cut is
 * found again, nothing else is made up, and the store goes on.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { DiskImage } from "../testdata/power_loss.ts";
import { checkCrash } from "../testdata/torture_oracle.ts";
import { optionsOf, type Plan, record, type Sent } from "../testdata/torture_run.ts";
import { CrashDisk } from "../testdata/crash_states.ts";

const SEGMENT_BYTES = 2000;

/** Files of each kind, the last of them in use. */
const PLAN: Plan = {
  flushMode: "SYNC_FLUSH",
  segmentBytes: SEGMENT_BYTES,
  queueFileUnits: 5,
  steps: Array.from({ length: 14 }, (_, number) => ({
    verb: "send",
    sends: [
      { topic: "A", queueId: number % 2, bytes: number * 20, count: 1, waits: true },
      { topic: "B", queueId: 0, bytes: 30, count: 1, waits: true },
    ],
  })),
};

/** What the plan leaves, as its broker runs or after it stopped. */
async function leave(
  mode: "running" | "stopped",
): Promise<{ image: DiskImage; sent: Map<number, Sent> }> {
  const { events, sent } = await record({ ...PLAN, steps: [...PLAN.steps, { verb: "stop" }] });
  const disk = new CrashDisk();
  let stops = 0;
  for (const event of events) {
    if (event.verb === "answer") continue;
    const isStop = event.verb === "name" && event.file === undefined &&
      event.path === "store/abort";
    if (isStop && mode === "running") break;
    disk.apply(event);
    stops += isStop ? 1 : 0;
    if (stops > 0 && event.verb === "syncFolder") break;
  }
  return { image: disk.lose((versions) => versions - 1), sent: new Map(sent) };
}

/** The image with one file cut, or zeroed, from a byte on. */
function damage(image: DiskImage, path: string, from: number, isCut: boolean): DiskImage {
  const files = image.files.map(([name, bytes]) => {
    const copy = bytes.slice();
    if (name !== path) return [name, copy] as const;
    return [name, isCut ? copy.slice(0, from) : copy.fill(0, from)] as const;
  });
  return { ...image, files, times: new Map([[path, 1]]) };
}

const CASES = [
  { mode: "running", isCut: true },
  { mode: "running", isCut: false },
  { mode: "stopped", isCut: true },
  { mode: "stopped", isCut: false },
] as const;

for (const { mode, isCut } of CASES) {
  const how = `${isCut ? "cut" : "zeroed"} from any byte on, ${mode}`;
  Deno.test(`Store with the last file of its log ${how}, keeps what stands before`, async () => {
    const { image, sent } = await leave(mode);
    const logs = image.files.map(([path]) => path).filter((path) => path.includes("/commitlog/"));
    const path = logs.sort().at(-1)!;
    const start = (logs.length - 1) * SEGMENT_BYTES;
    assert(start > 0 && [...sent.keys()].some((at) => at >= start), "there is a last file in use");
    for (let from = 0; from < SEGMENT_BYTES; from++) {
      const promised = [...sent.values()].filter(({ at, bytes }) =>
        at + bytes.length <= start + from
      );
      await checkCrash(damage(image, path, from, isCut), {
        promised,
        sent,
        options: optionsOf(PLAN),
        isThorough: from % 25 === 0,
        // The file gets its length back with the next message.
        leaves: ["log-wrong-length"],
      }).catch((cause) => {
        throw new Error(`"${path}" from byte ${from} on`, { cause });
      });
    }
  });

  Deno.test(`Store with a file of queues or index or the checkpoint ${how}, loses nothing`, async () => {
    const { image, sent } = await leave(mode);
    for (const [path, { length }] of image.files) {
      if (path.includes("/commitlog/")) continue;
      for (let from = 0; from < Math.min(length, 600); from++) {
        await checkCrash(damage(image, path, from, isCut), {
          promised: [...sent.values()],
          sent,
          options: optionsOf(PLAN),
          // What a complete file of the index has lost is told and put right by verify and recover.
          isThorough: from % 10 === 0 && !path.includes("/index/"),
        }).catch((cause) => {
          throw new Error(`"${path}" from byte ${from} on`, { cause });
        });
      }
    }
  });
}

Deno.test("Store that was stopped and lacks any set of its queue files, loses nothing", async () => {
  const { image, sent } = await leave("stopped");
  const paths = image.files.map(([path]) => path).filter((it) => it.includes("/consumequeue/"));
  for (let set = 1; set < 2 ** paths.length; set++) {
    const gone = new Set(paths.filter((_, nth) => (set & (1 << nth)) !== 0));
    const files = image.files.filter(([path]) => !gone.has(path)).map(([path, bytes]) => {
      return [path, bytes.slice()] as const;
    });
    await checkCrash({ ...image, files }, {
      promised: [...sent.values()],
      sent,
      options: optionsOf(PLAN),
      isThorough: set % 16 === 0,
    }).catch((cause) => {
      throw new Error(`without ${[...gone]}`, { cause });
    });
  }
});
