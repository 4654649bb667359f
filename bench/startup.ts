/**
 * From the start of the process to the first accepted send, the memory of a broker that does nothing,
 * and how long nobody is served while a broker is stopped and started again.
 *
 * @module
 */
import { RpcClient } from "../net/rpc/client.ts";
import { type Contender, CONTENDERS, withContender } from "./contender.ts";
import { processStat } from "./process_stat.ts";
import { fillTopic } from "./consume.ts";
import { type Goal, median, row, say, spread } from "./report.ts";

const ROUNDS = 3;
const TOPIC = "BenchStartup";
const IDLE_MS = 3_000;

/** Measures every contender and prints a line each. */
export async function benchStartup(): Promise<void> {
  for (const contender of CONTENDERS) {
    const rounds: { firstSendMs: number; idleMiB: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(contender));
    const firstSend = median(rounds.map((it) => it.firstSendMs));
    const idle = median(rounds.map((it) => it.idleMiB));
    say(
      `${contender.name.padEnd(11)} first accepted send after ${Math.round(firstSend)} ms, ` +
        `idle ${idle.toFixed(0)} MiB anonymous`,
    );
  }
}

async function measure(contender: Contender): Promise<{ firstSendMs: number; idleMiB: number }> {
  const started = performance.now();
  return await withContender(contender, async (cluster) => {
    await firstSend(cluster.broker);
    const firstSendMs = performance.now() - started;
    await new Promise((done) => setTimeout(done, IDLE_MS));
    const idleMiB = processStat(cluster.brokerPid).anonymousBytes / 1024 / 1024;
    return { firstSendMs, idleMiB };
  });
}

const RESTART_MESSAGES = 100_000;
const RESTART_GOAL: Goal = { figure: 1000, words: "1,000 ms", atMost: true };

/** A clean stop and a start, with messages in the store and a sender that tries again and again. */
export async function benchRestart(): Promise<void> {
  const mq = CONTENDERS.find(({ name }) => name === "mq")!;
  const gapsMs = await withContender(mq, async (cluster) => {
    await fillTopic(cluster.namesrv, TOPIC, RESTART_MESSAGES);
    const gaps: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await firstSend(cluster.broker);
      const lastSend = performance.now();
      await cluster.stop();
      const [, gap] = await Promise.all([
        cluster.restart(),
        firstSend(cluster.broker).then(() => performance.now() - lastSend),
      ]);
      gaps.push(gap);
    }
    return gaps;
  }, {});
  row(`stopped and started with ${RESTART_MESSAGES} messages, ms`, spread(gapsMs, 0), {
    figure: median(gapsMs),
    goal: RESTART_GOAL,
  });
}

/** Sends until the broker takes it. */
async function firstSend(address: string): Promise<void> {
  await using client = new RpcClient();
  for (let attempt = 0; attempt < 10_000; attempt++) {
    try {
      const answer = await client.invoke(address, {
        name: "SEND_MESSAGE_V2",
        extFields: {
          a: "bench",
          b: TOPIC,
          c: "TBW102",
          d: "4",
          e: "0",
          f: "0",
          g: String(Date.now()),
          h: "0",
          i: "",
          j: "0",
          k: "false",
          m: "false",
        },
        body: new Uint8Array([1]),
      }, { timeoutMs: 3000 });
      if (answer.code === 0) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((done) => setTimeout(done, 2));
  }
  throw new Error(`Cannot send to ${address}: never accepted`);
}
