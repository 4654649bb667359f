/**
 * Tests the name server and the broker with real Java and Go clients and real Java brokers:
 *
 *     deno task interop [--target mq|mq-bun|java-5.5.0|java-4.9.7] [--only NAME,NAME]
 *         [--jobs N] [--keep]
 *
 * Two scenarios run at a time, unless `--jobs` says otherwise, and one that mostly waits beside them:
 * more of them than cores make clients give up on brokers that have no time to answer. With a Java target the same checks run against the
 * original, which shows that they ask for what it really does. `--keep` leaves the working folder with
 * stores, logs and client files.
 *
 * @module
 */

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { endAll } from "./child.ts";
import { playAll } from "./play.ts";
import { acl } from "./scenarios/acl.ts";
import { admin } from "./scenarios/admin.ts";
import { allocate } from "./scenarios/allocate.ts";
import { clientTransactions } from "./scenarios/client_transactions.ts";
import { damage } from "./scenarios/damage.ts";
import { filters } from "./scenarios/filters.ts";
import { flips } from "./scenarios/flips.ts";
import { goClient } from "./scenarios/go_client.ts";
import { goGroups } from "./scenarios/go_groups.ts";
import { javaClient } from "./scenarios/java_client.ts";
import { kill9 } from "./scenarios/kill9.ts";
import { live } from "./scenarios/live.ts";
import { lock } from "./scenarios/lock.ts";
import { light } from "./scenarios/light.ts";
import { mixed } from "./scenarios/mixed.ts";
import { mixedGroup } from "./scenarios/mixed_group.ts";
import { npm } from "./scenarios/npm.ts";
import { offline } from "./scenarios/offline.ts";
import { ops } from "./scenarios/ops.ts";
import { ordered } from "./scenarios/ordered.ts";
import { ownClient } from "./scenarios/own_client.ts";
import { ownConsumer } from "./scenarios/own_consumer.ts";
import { ownGo } from "./scenarios/own_go.ts";
import { rebalance } from "./scenarios/rebalance.ts";
import { recover } from "./scenarios/recover.ts";
import { relay } from "./scenarios/relay.ts";
import { replay } from "./scenarios/replay.ts";
import { serve } from "./scenarios/serve.ts";
import { requests } from "./scenarios/requests.ts";
import { reset } from "./scenarios/reset.ts";
import { retry } from "./scenarios/retry.ts";
import { sql92 } from "./scenarios/sql92.ts";
import { swap } from "./scenarios/swap.ts";
import { timers } from "./scenarios/timers.ts";
import { transactions } from "./scenarios/transactions.ts";
import { topics } from "./scenarios/topics.ts";
import { two } from "./scenarios/two.ts";
import { upgrade } from "./scenarios/upgrade.ts";
import { type Scenario, type Target, TARGETS } from "./stage.ts";

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  java_client: javaClient,
  go_client: goClient,
  go_groups: goGroups,
  admin,
  allocate,
  kill9,
  offline,
  ops,
  lock,
  mixed,
  relay,
  swap,
  recover,
  damage,
  replay,
  serve,
  flips,
  light,
  live,
  sql92,
  filters,
  rebalance,
  upgrade,
  ordered,
  retry,
  requests,
  client_transactions: clientTransactions,
  reset,
  topics,
  two,
  transactions,
  timers,
  mixed_group: mixedGroup,
  own_client: ownClient,
  own_consumer: ownConsumer,
  acl,
  own_go: ownGo,
  npm,
};

/** Those that take longest begin first, so that none of them is left over at the end. */
const LONGEST = [
  "damage",
  "relay",
  "transactions",
  "serve",
  "recover",
  "ops",
  "own_client",
  "live",
  "swap",
  "admin",
];

/** Theirs is the time of heartbeats and of what is shared out anew: they leave the cores to others. */
const BESIDE = ["mixed_group", "rebalance", "reset", "two"];

/** Messages of theirs have to come to the second, which a busy machine does not grant. */
const ALONE = ["timers"];

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      target: { type: "string", default: "mq" },
      only: { type: "string" },
      jobs: { type: "string", default: "2" },
      keep: { type: "boolean", default: false },
    },
  });
  const target = TARGETS.find((target): target is Target => target === values.target);
  if (target === undefined) return refuse(`target "${values.target}"`, TARGETS);
  const names = values.only?.split(",") ??
    [...new Set([...LONGEST, ...Object.keys(SCENARIOS)])];
  const unknown = names.find((name) => !(name in SCENARIOS));
  if (unknown !== undefined) return refuse(`scenario "${unknown}"`, Object.keys(SCENARIOS));
  const jobs = Math.min(Number(values.jobs), names.length);
  if (!(jobs >= 1)) return refuse(`"${values.jobs}" jobs`, ["1", "2", "3", "…"]);

  const root = fs.mkdtempSync(path.join(os.tmpdir(), "mq-interop-"));
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, async () => {
      print(`# stopped by ${name}`);
      await endAll();
      fs.rmSync(root, { recursive: true, force: true });
      process.exit(name === "SIGINT" ? 130 : 143);
    });
  }
  try {
    const scenarios = Object.fromEntries(names.map((name) => [name, SCENARIOS[name]!]));
    const beside = jobs === 1 ? [] : BESIDE;
    const report = await playAll(scenarios, { target, root, jobs, beside, alone: ALONE, print });
    report.total();
    return report.clean ? 0 : 1;
  } finally {
    await endAll();
    if (values.keep) print(`# kept ${root}`);
    else fs.rmSync(root, { recursive: true, force: true });
  }
}

function refuse(what: string, known: readonly string[]): number {
  process.stderr.write(`Cannot run ${what}: expected one of ${known.join(", ")}\n`);
  return 16;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exit(await main(process.argv.slice(2)));
