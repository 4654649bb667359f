import assert from "node:assert/strict";
import { ManualClock } from "../../testdata/manual_clock.ts";
import { BrokerStats, statsLoop, TICK_MS } from "./broker_stats.ts";

/** Ten in the morning, in the time zone of the machine. */
const START = new Date(2030, 0, 15, 10).getTime();
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Counters that are sampled as the clock goes. */
class Sampled {
  readonly clock = new ManualClock(START);
  readonly stats = new BrokerStats({ cluster: "C1", now: this.clock.now });

  constructor() {
    this.stats.sample();
  }

  /** Lets time pass, calling `each` after every sample. */
  pass(ms: number, each = () => {}): void {
    for (let at = 0; at < ms; at += TICK_MS) {
      this.clock.advance(TICK_MS);
      this.stats.sample();
      each();
    }
  }

  /** What stands under minute, hour and day. */
  sums(name = "TOPIC_PUT_NUMS", key = "T"): number[] {
    const data = this.stats.data(name, key) ?? assert.fail(`no ${name} of ${key}`);
    return [data.statsMinute.sum, data.statsHour.sum, data.statsDay.sum];
  }
}

Deno.test("BrokerStats counts under the names and keys that Java has", () => {
  const { stats } = new Sampled();
  stats.put("T", 3, 600);
  stats.got("T", "G", 2, 400);
  stats.sentBack("T", "G");
  const counted = (name: string, key: string) => stats.data(name, key)?.statsMinute.sum;
  assert.equal(counted("TOPIC_PUT_NUMS", "T"), 3);
  assert.equal(counted("TOPIC_PUT_SIZE", "T"), 600);
  assert.equal(counted("BROKER_PUT_NUMS", "C1"), 3);
  assert.equal(counted("GROUP_GET_NUMS", "T@G"), 2);
  assert.equal(counted("GROUP_GET_SIZE", "T@G"), 400);
  assert.equal(counted("BROKER_GET_NUMS", "C1"), 2);
  assert.equal(counted("SNDBCK_PUT_NUMS", "T@G"), 1);
  for (const [name, key] of [["TOPIC_PUT_NUMS", "U"], ["NO_SUCH", "T"], ["__proto__", "T"]]) {
    assert.equal(stats.data(name!, key!), undefined);
  }
});

Deno.test("BrokerStats.data() forgets after a minute, an hour and a day", () => {
  const it = new Sampled();
  it.stats.put("T", 12, 1200);
  assert.deepEqual(it.sums(), [12, 12, 12]);
  it.pass(MINUTE_MS - TICK_MS);
  assert.deepEqual(it.sums(), [12, 12, 12]);
  it.pass(2 * TICK_MS);
  assert.deepEqual(it.sums(), [0, 12, 12]);
  it.pass(HOUR_MS + 10 * MINUTE_MS);
  assert.deepEqual(it.sums(), [0, 0, 12]);
  it.pass(25 * HOUR_MS);
  assert.deepEqual(it.sums(), [0, 0, 0]);
});

Deno.test("BrokerStats.data() of a steady stream is its rate in every window", () => {
  const it = new Sampled();
  it.pass(26 * HOUR_MS, () => it.stats.put("T", 50, 5000));
  const { statsMinute, statsHour, statsDay } = it.stats.data("TOPIC_PUT_NUMS", "T")!;
  for (const { tps, avgpt } of [statsMinute, statsHour, statsDay]) {
    assert(Math.abs(tps - 5) < 1.01, `${tps}`);
    assert.equal(avgpt, 50);
  }
  const day = 24 * HOUR_MS / TICK_MS * 50;
  assert(statsDay.sum <= day + 50 && statsDay.sum > day * 0.95, `${statsDay.sum} of ${day}`);
});

Deno.test("BrokerStats gives no absurd rate for what has just begun", () => {
  const { stats, clock } = new Sampled();
  stats.put("T", 100, 100);
  clock.advance(1);
  assert.equal(stats.putTps("T"), 10);
  assert.equal(stats.consumeTps("T", "G"), 0);
  stats.got("T", "G", 20, 20);
  assert.equal(stats.consumeTps("T", "G"), 2);
  assert.equal(stats.putTps("U"), 0);
});

Deno.test("BrokerStats.totals and rates() tell of puts, pulls and failures in all", () => {
  const it = new Sampled();
  it.stats.put("T", 10, 1000);
  it.stats.putFailed();
  it.stats.got("T", "G", 4, 400);
  it.stats.missed();
  assert.deepEqual(it.stats.totals, {
    puts: 10,
    putBytes: 1000,
    putFailures: 1,
    found: 1,
    missed: 1,
    transferred: 4,
  });
  assert.deepEqual(it.stats.rates((totals) => totals.puts), [1, 1, 1]);
  it.pass(MINUTE_MS);
  const [last, minute, ten] = it.stats.rates((totals) => totals.puts);
  assert.equal(last, 0);
  assert.equal(minute, 0);
  assert.equal(ten, 10 * 1000 / MINUTE_MS);
  it.pass(11 * MINUTE_MS);
  assert.deepEqual(it.stats.rates((totals) => totals.puts), [0, 0, 0]);
});

Deno.test("BrokerStats.mornings are the totals when this day and the day before began", () => {
  const it = new Sampled();
  it.stats.put("T", 7, 7);
  it.stats.got("T", "G", 2, 2);
  const none = { putYesterday: 0, putToday: 0, getYesterday: 0, getToday: 0 };
  assert.deepEqual(it.stats.mornings, none);
  it.pass(15 * HOUR_MS);
  assert.deepEqual(it.stats.mornings, { ...none, putToday: 7, getToday: 2 });
  it.stats.put("T", 1, 1);
  it.pass(24 * HOUR_MS);
  assert.deepEqual(it.stats.mornings, {
    putYesterday: 7,
    putToday: 8,
    getYesterday: 2,
    getToday: 2,
  });
});

Deno.test("BrokerStats forgets a topic or a group, and no other of a similar name", () => {
  const { stats } = new Sampled();
  for (const topic of ["T", "T2"]) {
    stats.put(topic, 1, 1);
    for (const group of ["G", "AG"]) {
      stats.got(topic, group, 1, 1);
      stats.sentBack(topic, group);
    }
  }
  const has = (name: string, key: string) => stats.data(name, key) !== undefined;
  stats.deleteTopic("T");
  assert(!has("TOPIC_PUT_NUMS", "T") && !has("TOPIC_PUT_SIZE", "T"));
  assert(!has("GROUP_GET_NUMS", "T@G") && !has("GROUP_GET_SIZE", "T@AG"));
  assert(has("TOPIC_PUT_NUMS", "T2") && has("SNDBCK_PUT_NUMS", "T2@G"));
  stats.deleteGroup("G");
  assert(!has("GROUP_GET_NUMS", "T2@G") && !has("SNDBCK_PUT_NUMS", "T2@G"));
  assert(has("GROUP_GET_NUMS", "T2@AG") && has("BROKER_GET_NUMS", "C1"));
  stats.deleteTopic("never");
});

Deno.test("statsLoop() takes a sample at once and ends when it is told to", async () => {
  const { stats, clock } = new Sampled();
  const stop = new AbortController();
  const loop = statsLoop(stats, { signal: stop.signal });
  clock.advance(TICK_MS);
  stats.put("T", 10, 10);
  assert.equal(stats.rates((totals) => totals.puts)[0], 1);
  stop.abort();
  await loop;
  await statsLoop(stats, { signal: stop.signal });
});

Deno.test("BrokerStats counts what is got of all light queues as of one, where that is asked for", () => {
  const counted = (lightQueuesAsOne: boolean) => {
    const stats = new BrokerStats({ cluster: "C1", now: () => 0, lightQueuesAsOne });
    stats.got("%LMQ%a", "G", 2, 10);
    stats.got("%LMQ%b", "G", 3, 20);
    stats.got("%LMQ%b", "%LMQ%b", 4, 40);
    stats.got("T", "G", 5, 50);
    stats.sentBack("%LMQ%a", "G");
    stats.put("%LMQ%a", 1, 100);
    const sum = (name: string, key: string) => stats.data(name, key)?.statsMinute.sum;
    return { stats, sum };
  };
  const one = counted(true);
  assert.equal(one.sum("GROUP_GET_NUMS", "%LMQ%@G"), 5);
  assert.equal(one.sum("GROUP_GET_SIZE", "%LMQ%@G"), 30);
  assert.equal(one.sum("GROUP_GET_NUMS", "%LMQ%@%LMQ%"), 4);
  assert.equal(one.sum("GROUP_GET_NUMS", "T@G"), 5);
  assert.equal(one.sum("GROUP_GET_NUMS", "%LMQ%a@G"), undefined);
  assert.equal(one.sum("SNDBCK_PUT_NUMS", "%LMQ%@G"), 1);
  // What is put, Java counts by topic all the same.
  assert.equal(one.sum("TOPIC_PUT_NUMS", "%LMQ%a"), 1);
  assert.equal(one.stats.consumeTps("%LMQ%x", "G"), one.stats.consumeTps("%LMQ%a", "G"));
  const each = counted(false);
  assert.equal(each.sum("GROUP_GET_NUMS", "%LMQ%a@G"), 2);
  assert.equal(each.sum("GROUP_GET_NUMS", "%LMQ%@G"), undefined);
});

Deno.test("BrokerStats averages how long reading took, by queue, and forgets that with the rest", () => {
  const { stats } = new Sampled();
  stats.gotAfter("T", "G", 0, 10);
  stats.gotAfter("T", "G", 0, 20);
  stats.gotAfter("0", "G2", 1, 5);
  const minute = stats.data("GROUP_GET_LATENCY", "0@T@G")?.statsMinute;
  assert.deepEqual([minute?.sum, minute?.avgpt], [30, 15]);
  // A topic may be called as a queue is numbered.
  stats.deleteTopic("0");
  assert.equal(stats.data("GROUP_GET_LATENCY", "1@0@G2"), undefined);
  assert(stats.data("GROUP_GET_LATENCY", "0@T@G") !== undefined);
  stats.deleteGroup("G");
  assert.equal(stats.data("GROUP_GET_LATENCY", "0@T@G"), undefined);
});
