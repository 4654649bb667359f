/**
 * The figures of the README: our broker and Java's, measured in one run on one machine. Everything
 * stays on loopback, is bounded in time, and ends by itself.
 *
 *     deno task bench                   all
 *     deno task bench store             a group
 *     deno task bench store recovery    a part of one
 *     deno task bench send --seconds 2 --rounds 1    only to see that it runs
 *     deno task bench --help            what there is
 *
 * @module
 */
import { endAll } from "../testdata/interop/child.ts";
import { benchBacklog } from "./backlog.ts";
import { benchClientConsume, benchClientSend } from "./client.ts";
import { benchConsumeArrival, benchConsumeBacklog, benchConsumeLight } from "./consume.ts";
import { benchDelay } from "./delay.ts";
import { removeFolders } from "./folders.ts";
import { benchDamage, benchFrames, benchHuge, benchJson } from "./inspect.ts";
import { spinMs } from "./process_stat.ts";
import { benchLargeDense, benchLargeSparse, benchLargeWide } from "./large.ts";
import { benchColdRecovery, benchRecovery } from "./recovery.ts";
import { say } from "./report.ts";
import type { RunOptions } from "./run_options.ts";
import {
  benchSendAsync,
  benchSendBatch,
  benchSendConnections,
  benchSendDelayed,
  benchSendLatency,
  benchSendPaced,
  benchSendSmall,
  benchSendSync,
  benchSendTopics,
  benchSendTransactions,
} from "./send.ts";
import { benchRestart, benchStartup } from "./startup.ts";
import { benchAppend, benchLookUp, benchPut, benchStart } from "./store.ts";
import { benchVerify, benchVerifyQueues } from "./verify.ts";

interface Part {
  readonly about: string;
  readonly run: (options: RunOptions) => Promise<void>;
}

type Group = Readonly<Record<string, Part>>;

const GROUPS: Readonly<Record<string, Group>> = {
  startup: {
    brokers: {
      about: "process start to the first accepted send, idle memory, beside Java (1 min)",
      run: benchStartup,
    },
    restart: {
      about: "a clean stop and a start, from the last send before to the first after",
      run: benchRestart,
    },
  },
  send: {
    async: {
      about: "ASYNC_FLUSH: Java's client, 64 threads, 1 KiB; prepared frames; beside Java (9 min)",
      run: benchSendAsync,
    },
    sync: { about: "SYNC_FLUSH: the same (9 min)", run: benchSendSync },
    small: { about: "Java's client, 64 threads, 128 B, beside Java (6 min)", run: benchSendSmall },
    latency: { about: "Java's client, one thread, beside Java (6 min)", run: benchSendLatency },
    batch: { about: "Java's client, batches of 32, beside Java (6 min)", run: benchSendBatch },
    paced: {
      about: "10,000 a second whatever comes back, beside Java (6 min)",
      run: benchSendPaced,
    },
    delayed: {
      about: "prepared frames with a delay level, beside Java (4 min)",
      run: benchSendDelayed,
    },
    transactions: {
      about: "half messages and their commits, prepared, beside Java (4 min)",
      run: benchSendTransactions,
    },
    connections: {
      about: "1,000 connections beside one, beside Java (7 min)",
      run: benchSendConnections,
    },
    topics: { about: "10,000 topics beside one (5 min)", run: benchSendTopics },
  },
  consume: {
    backlog: {
      about: "Java's push consumer through a backlog in memory, beside Java (8 min)",
      run: benchConsumeBacklog,
    },
    light: {
      about: "prepared pulls of a backlog in memory, beside Java (7 min)",
      run: benchConsumeLight,
    },
    arrival: {
      about: "from store to consumer at 10,000 a second, beside Java (7 min)",
      run: benchConsumeArrival,
    },
  },
  client: {
    send: {
      about: "this client beside Java's on one broker, sends (10 min)",
      run: benchClientSend,
    },
    consume: {
      about: "the same, through a backlog in memory (8 min)",
      run: benchClientConsume,
    },
  },
  delay: {
    delay: {
      about: "a million delayed and timed messages: lateness, memory (3 min)",
      run: benchDelay,
    },
  },
  store: {
    append: { about: "records into the log alone", run: benchAppend },
    put: {
      about: "messages with queues and keys; 10,000 topics of 8 queues beside one topic",
      run: benchPut,
    },
    recovery: { about: "after a kill, warm, beside Java on the same files", run: benchRecovery },
    cold: {
      about: "after a kill, no page in memory, beside a plain read",
      run: benchColdRecovery,
    },
    lookup: { about: "messages by key in 50 index files", run: benchLookUp },
    start: {
      about: "clean start and memory, empty and with 10,000 topics of 8 queues",
      run: benchStart,
    },
    backlog: { about: "senders beside a reader of a cold backlog", run: benchBacklog },
  },
  verify: {
    pass: { about: "sound stores, one thread beside two, and memory", run: benchVerify },
    queues: { about: "10,000 topics of 8 queues", run: benchVerifyQueues },
  },
  inspect: {
    frames: { about: "warm logs by their frames, for counts (1 min)", run: benchFrames },
    damage: { about: "looking for the next record through a damaged file", run: benchDamage },
    json: { about: "a warm log as JSON Lines, in both directions", run: benchJson },
    huge: { about: "the first line and the first page of a log of 1 TiB", run: benchHuge },
  },
  large: {
    sparse: {
      about: "all that reads, on a log of 16 GiB; --full 1 TiB",
      run: ({ isFull }) => benchLargeSparse(isFull),
    },
    wide: {
      about: "on 1,000 topics of 8 queues; --full 10,000 (20 min)",
      run: ({ isFull }) => benchLargeWide(isFull),
    },
    dense: {
      about: "on 256 MiB of messages; --full 3 GiB",
      run: ({ isFull }) => benchLargeDense(isFull),
    },
  },
};

function help(): void {
  say("Usage: deno task bench [GROUP [PART]...]... [--full] [--seconds N] [--rounds N]");
  say("Without a group all are run; without a part all of its group. The store group takes 4 min.");
  say("--seconds and --rounds shorten the send, consume and client groups, to see that they run.");
  for (const [name, parts] of Object.entries(GROUPS)) {
    say(`\n${name}`);
    for (const [part, { about }] of Object.entries(parts)) say(`  ${part.padEnd(11)} ${about}`);
  }
  say("\nPrints each figure beside its goal. Take figures on a quiet machine: where its spin loop");
  say("slows down from one group to the next, something else was running.");
}

/**
 * The parts that arguments name, with what they are called; a word that names none where one does. A
 * word that names a part of the group before it, as `client send`, is not the group `send`.
 */
function chosen(args: readonly string[]): [name: string, part: Part][] | string {
  const parts = new Map<string, Part>();
  const take = (group: string, names: readonly string[]) => {
    for (const name of names) parts.set(`${group} ${name}`, GROUPS[group]![name]!);
  };
  let group = "";
  for (const [number, word] of args.entries()) {
    if (group !== "" && Object.hasOwn(GROUPS[group]!, word)) take(group, [word]);
    else if (Object.hasOwn(GROUPS, word)) {
      group = word;
      const next = args[number + 1];
      const names = Object.keys(GROUPS[group]!);
      if (next === undefined || !names.includes(next)) take(group, names);
    } else return word;
  }
  return [...parts];
}

/** What a command line asks for, or what is wrong with it. */
function parse(
  args: readonly string[],
): { parts: [name: string, part: Part][]; options: RunOptions } | string {
  const words: string[] = [];
  let isFull = false;
  const counts = new Map<string, number>();
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!;
    if (word === "--full") isFull = true;
    else if (word === "--seconds" || word === "--rounds") {
      const count = Number(args[++at]);
      if (!Number.isSafeInteger(count) || count < 1) return `${word} takes a count of at least 1`;
      counts.set(word, count);
    } else words.push(word);
  }
  const parts = chosen(words.length === 0 ? Object.keys(GROUPS) : words);
  if (typeof parts === "string") return `Unknown bench "${parts}"`;
  const options = { isFull, seconds: counts.get("--seconds"), rounds: counts.get("--rounds") };
  return { parts, options };
}

/** Leaves nothing behind when somebody presses Ctrl-C. */
async function stop(): Promise<void> {
  await endAll();
  removeFolders();
  Deno.exit(130);
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    help();
    return 0;
  }
  const parsed = parse(args);
  if (typeof parsed === "string") {
    say(`${parsed}\n`);
    help();
    return 16;
  }
  const { parts, options } = parsed;
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, stop);
  try {
    for (const [name, { run }] of parts) {
      say(`== ${name} (spin loop ${Math.round(spinMs())} ms)`);
      await run(options);
    }
  } finally {
    await endAll();
  }
  return 0;
}

Deno.exit(await main(Deno.args));
