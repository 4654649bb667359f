/**
 * Contenders measured by turns, and the lines that compare them: each one's figures, then ours in
 * times of the others. What carries over to other machines are the ratios.
 *
 * @module
 */
import type { BrokerConf, Cluster } from "../testdata/interop/cluster.ts";
import { type ContenderName, CONTENDERS, withContender } from "./contender.ts";
import { processStat } from "./process_stat.ts";
import { type Goal, median, row, say } from "./report.ts";

/** What came of a round; what a load does not measure is absent. */
export interface Round {
  readonly perSecond: number;
  readonly p50Us?: number;
  readonly p99Us: number;
  /** Processor time of the broker for a message. */
  readonly brokerUs: number;
  /** Processor time of the generator for a message: one that needs a core whole is the limit. */
  readonly clientUs?: number;
  /** Anonymous memory of the broker afterwards. */
  readonly anonymousBytes: number;
  /** Sends refused, where that does not void the round. */
  readonly refused?: number;
}

/** The rounds of each, ours first. */
export type Rounds<Name extends string = ContenderName, Figures = Round> = ReadonlyMap<
  Name,
  readonly Figures[]
>;

/** Something that takes its turns. */
export interface Player<Name extends string, Figures> {
  readonly name: Name;
  turn(): Promise<Figures>;
}

/** ABC, then CBA, and so on: what drifts with time drifts for all. */
export async function byTurns<Name extends string, Figures>(
  players: readonly Player<Name, Figures>[],
  rounds: number,
): Promise<Rounds<Name, Figures>> {
  const all = new Map<Name, Figures[]>(players.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? players : players.toReversed();
    for (const player of order) all.get(player.name)!.push(await player.turn());
  }
  return all;
}

/** Measures every broker by turns, each time on an empty store. */
export function contest<Figures>(
  rounds: number,
  measure: (cluster: Cluster) => Promise<Figures>,
  conf?: BrokerConf,
): Promise<Rounds<ContenderName, Figures>> {
  const players = CONTENDERS.map((contender) => ({
    name: contender.name,
    turn: () => withContender(contender, measure, conf),
  }));
  return byTurns(players, rounds);
}

/** Processor time of the broker so far. */
export function cpuUs(cluster: Cluster): number {
  return processStat(cluster.brokerPid).cpuUs;
}

/** Anonymous memory of the broker. */
export function anonymousBytes(cluster: Cluster): number {
  return processStat(cluster.brokerPid).anonymousBytes;
}

/** The middle of one figure of some rounds. */
export function middle<Figures>(
  rounds: readonly Figures[],
  figure: (round: Figures) => number,
): number {
  return median(rounds.map(figure));
}

/** A line for each contender. */
export function showRounds(title: string, all: Rounds): void {
  say(title);
  for (const [name, rounds] of all) {
    const rates = rounds.map((it) => it.perSecond);
    const p50 = middle(rounds, (it) => it.p50Us ?? NaN);
    const clientUs = middle(rounds, (it) => it.clientUs ?? NaN);
    const refused = rounds.reduce((sum, it) => sum + (it.refused ?? 0), 0);
    say(
      `  ${name.padEnd(11)} ${Math.round(median(rates))}/s ` +
        `(${Math.min(...rates)} to ${Math.max(...rates)}), ` +
        (Number.isNaN(p50) ? "" : `p50 ${p50} µs, `) +
        `p99 ${middle(rounds, (it) => it.p99Us)} µs, ` +
        `broker ${middle(rounds, (it) => it.brokerUs).toFixed(1)} µs a message, ` +
        (Number.isNaN(clientUs) ? "" : `generator ${clientUs.toFixed(1)} µs, `) +
        `${(middle(rounds, (it) => it.anonymousBytes) / 2 ** 20).toFixed(0)} MiB anonymous` +
        (refused === 0 ? "" : `, ${refused} refused`),
    );
  }
}

/** A figure of the first contender in times of each other's. */
export function showTimes<Name extends string, Figures>(
  all: Rounds<Name, Figures>,
  figure: (round: Figures) => number,
  { what = "", goal }: { readonly what?: string; readonly goal?: Goal | undefined } = {},
): void {
  const [[first, ours], ...others] = [...all] as [
    [Name, readonly Figures[]],
    ...[Name, readonly Figures[]][],
  ];
  for (const [name, rounds] of others) {
    const times = middle(ours, figure) / middle(rounds, figure);
    row(`  ${first}, times ${name}${what}`, times.toFixed(2), goal && { figure: times, goal });
  }
}
