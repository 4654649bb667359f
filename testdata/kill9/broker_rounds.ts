/**
 * Rounds in which a whole broker is killed while it replaces its configuration files, and another
 * one starts on what it left.
 *
 * @module
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { parseConsumerOffsets } from "../../net/wire/offset_tables.ts";
import { parseSubscriptionGroups } from "../../net/wire/subscription_group.ts";
import { parseTopicConfigs } from "../../net/wire/topic_config.ts";
import { diskFiles } from "../../store/file_disk.ts";
import { OverlayFiles } from "../../store/repair/overlay_files.ts";
import { BrokerFixture } from "../broker_fixture.ts";
import { type Death, momentsOf, type Step, STEPS } from "../dying_files.ts";
import { messagesOf, pullFields } from "../message_path.ts";
import { between, oneOf, randomOf } from "../random.ts";
import { answersIn } from "./answer_file.ts";
import { type BrokerOrder, killedBroker, namesOf, READER } from "./broker_order.ts";
import { findingsIn } from "./store_check.ts";
import { Victim } from "./victim.ts";

const NUMBERS_PER_ROUND = 10_000;
const STEP_TIMEOUT_MS = 20_000;
/** Calls of one kind a broker makes before it dies. */
const NTH_MAX = 24;

/** What the rounds came to. */
export interface BrokerFigures {
  readonly rounds: number;
  readonly acknowledged: number;
  /** Starts that had to take the backup of a configuration file. */
  readonly fromBackup: number;
}

/** Kills a broker as often as asked at the steps of its configuration files. */
export async function killBroker(
  { rounds, seed }: { readonly rounds: number; readonly seed: number },
): Promise<BrokerFigures> {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "mq-kill9-"));
  try {
    const place = { root: join(folder, "store"), acknowledged: join(folder, "acknowledged") };
    const random = randomOf(seed);
    const figures = { rounds, acknowledged: 0, fromBackup: 0 };
    let offset = -1;
    for (let round = 0; round < rounds; round++) {
      const order = {
        ...place,
        first: 1 + round * NUMBERS_PER_ROUND,
        death: deathOf(round, random),
      };
      try {
        await killOnce(order);
        if (!isWhole(order.root)) figures.fromBackup++;
        const found = await checkBroker(order);
        assert(found.offset >= offset, `offset ${found.offset} after ${offset}`);
        offset = found.offset;
        figures.acknowledged = found.acknowledged;
      } catch (cause) {
        const what = `seed ${seed}, round ${round}, ${JSON.stringify(order.death)}`;
        throw new Error(`After kill -9 (${what}): ${(cause as Error).message}`, { cause });
      }
    }
    return figures;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const RENAMES: readonly Step[] = ["topics-rename", "offsets-rename", "config-rename"];

/** Every other round dies at a rename, the others at what is around it. */
function deathOf(round: number, random: () => number): Death {
  const steps = (Object.keys(STEPS) as Step[]).filter((step) => STEPS[step][1] === "config");
  const step = round % 2 === 0 ? RENAMES[round / 2 % RENAMES.length]! : oneOf(random, steps);
  return { step, nth: between(random, 1, NTH_MAX), moment: oneOf(random, momentsOf(step)) };
}

async function killOnce(order: BrokerOrder): Promise<void> {
  await using victim = Victim.start("./broker_child.ts", order);
  const { code, signal, errors } = await victim.endedWithin(STEP_TIMEOUT_MS);
  assert.equal(signal, "SIGKILL", `it ended with exit code ${code}: ${errors}`);
}

/** Whether no configuration file is missing whose backup is there. */
function isWhole(root: string): boolean {
  const names = fs.existsSync(join(root, "config")) ? fs.readdirSync(join(root, "config")) : [];
  return names.every((name) => !name.endsWith(".bak") || names.includes(name.slice(0, -4)));
}

/** Starts a broker on what was left, through an overlay, and asks it for all that was acknowledged. */
async function checkBroker(
  order: BrokerOrder,
): Promise<{ readonly offset: number; readonly acknowledged: number }> {
  const errors = (await findingsIn(diskFiles, order.root)).filter((it) => it.startsWith("error"));
  assert.deepEqual(errors, [], "errors found by a verification before the start");
  const lines = answersIn(order.acknowledged);
  const files = new OverlayFiles(diskFiles);
  await using it = await BrokerFixture.start({ fs: files, config: killedBroker(order.root) });
  assert.deepEqual(it.told, []);
  const topics = parseTopicConfigs((await it.ask("GET_ALL_TOPIC_CONFIG")).body).topicConfigTable;
  const groups = parseSubscriptionGroups((await it.ask("GET_ALL_SUBSCRIPTIONGROUP_CONFIG")).body)
    .subscriptionGroupTable;
  const offsets = parseConsumerOffsets((await it.ask("GET_ALL_CONSUMER_OFFSET")).body).offsetTable;
  const offset = offsets.get(`${READER.topic}@${READER.consumerGroup}`)?.get(0) ?? -1;
  let committed = -1;
  for (const line of lines) {
    const number = Number(line.split(" ")[1]);
    const { topic, group, body } = namesOf(number);
    if (line.startsWith("topic")) assert(topics.has(topic), line);
    else if (line.startsWith("group")) assert(groups.has(group), line);
    else if (line.startsWith("offset")) committed = number;
    else assert.deepEqual(await bodiesIn(it, topic), [body], line);
  }
  // One more may have been committed without an answer.
  assert(offset <= committed + NUMBERS_PER_ROUND, `offset ${offset}, committed ${committed}`);
  return { offset, acknowledged: lines.length };
}

async function bodiesIn(it: BrokerFixture, topic: string): Promise<string[]> {
  const { code, body } = await it.ask("PULL_MESSAGE", { extFields: pullFields({ topic }) });
  assert.equal(code, 0, topic);
  return messagesOf(body).map((message) => new TextDecoder().decode(message.body));
}
