/**
 * `mq replay`: sends chosen messages of a store, or of JSON lines, to a running cluster.
 *
 * @module
 */
import { counted } from "../output/counted.ts";
import { nameServersOf } from "../../net/broker/registration.ts";
import { ClientError } from "../../net/client/client_error.ts";
import { Cluster } from "../../net/client/cluster.ts";
import type { Ask } from "../../net/client/name_servers.ts";
import type { RouteBook } from "../../net/client/route_book.ts";
import { send } from "../../net/client/send.ts";
import { EXIT } from "../exit_code.ts";
import { describeFailure, Failure, usageFailure } from "../failure.ts";
import { clusterSettings, clusterWith, NONE_NAMED } from "../option/cluster_option.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { note, type Terminal } from "../terminal.ts";
import { type ChosenSource, openSource, type SourceOptions } from "./chosen_source.ts";
import { readCursor, type ReplayCursor, writeCursor } from "./replay_cursor.ts";
import { outgoing } from "./replay_message.ts";
import { ReplayRun } from "./replay_run.ts";

/** What `mq replay` may be asked. */
export interface ReplayOptions extends OutputOptions, SourceOptions {
  readonly namesrv?: string | undefined;
  readonly group: string;
  /** Messages a second. */
  readonly rate?: number | undefined;
  readonly inFlight: number;
  readonly timeout: number;
  /** Whether nothing is sent. */
  readonly dryRun?: boolean | undefined;
  readonly cursorFile?: string | undefined;
}

/** Fields of the output. */
export const REPLAY_FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "topic, or summary: the last line", width: 7 },
  { name: "topic", type: "string", about: "topic the messages were in", width: 24 },
  { name: "target", type: "string", about: "topic they go to", width: 24 },
  { name: "messages", type: "number", about: "messages that were chosen", width: 9 },
  { name: "bytes", type: "number", about: "bytes of their bodies", width: 12 },
  { name: "read", type: "number", about: "of the summary: messages read" },
  { name: "sent", type: "number", about: "messages a broker has taken, earlier runs included" },
  { name: "skipped", type: "number", about: "messages that are not sent again, such as halves" },
  { name: "uncertain", type: "number", about: "messages that may be there twice" },
  { name: "degraded", type: "number", about: "messages stored, but not synced or copied as asked" },
  { name: "damagedBytes", type: "number", about: "bytes that are no record, so not sent" },
  { name: "note", type: "string", about: "in tables: in words", width: 0, from: noteOf },
];

/** Messages after which what was sent is noted. */
const CURSOR_EVERY = 1000;

/** Replays messages. */
export async function replay(
  terminal: Terminal,
  argument: string | undefined,
  options: ReplayOptions,
): Promise<number> {
  const rows = openRows(terminal, REPLAY_FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const settings = clusterSettings(terminal, options);
  const { namesrv } = settings;
  const isNamed = namesrv.origin !== NONE_NAMED;
  const isDry = options.dryRun === true;
  // Messages are not sent to whatever happens to listen on this machine.
  if (!isNamed && !isDry) {
    throw usageFailure(
      "No cluster named: give --namesrv host:port, set MQ_NAMESRV or use a profile",
    );
  }
  const source = openSource(terminal, argument, options);
  const signal = terminal.stopSignal();
  const nameServers = nameServersOf(namesrv.value);
  await using cluster = new Cluster({
    ...isDry ? { nameServers } : clusterWith(terminal, settings),
    requestTimeoutMs: options.timeout,
  });
  const run = new ReplayRun({
    routes: cluster.routes,
    send: (queue, message) => {
      const ask: Ask = (address, asked, how) => cluster.ask(address, asked, how);
      return send(ask, queue, message, {
        producerGroup: options.group,
        timeoutMs: options.timeout,
      });
    },
    inFlightMax: options.inFlight,
    ratePerSecond: options.rate,
    signal,
  });
  const of = JSON.stringify({ ...source.identity, namesrv: isNamed ? nameServers : [] });
  const replaying = new Replay({
    terminal,
    rows,
    options,
    source,
    run,
    routes: cluster.routes,
    signal,
    of,
  });
  return await replaying.run();
}

interface Work {
  readonly terminal: Terminal;
  readonly rows: RowWriter;
  readonly options: ReplayOptions;
  readonly source: ChosenSource;
  readonly run: ReplayRun;
  readonly routes: RouteBook;
  readonly signal: AbortSignal;
  /** What the cursor is of. */
  readonly of: string;
}

/** One replay under way. */
class Replay {
  readonly #work: Work;
  readonly #before: ReplayCursor | undefined;
  /** Position behind the last message taken. */
  #next: number;
  /** Whether the cursor file tells of this run. */
  #isKept = false;

  constructor(work: Work) {
    this.#work = work;
    const { terminal: { files }, options: { cursorFile, dryRun }, of } = work;
    this.#before = cursorFile === undefined ? undefined : readCursor(files, cursorFile, of);
    this.#next = this.#before?.next ?? 0;
    if (this.#before !== undefined && dryRun !== true) {
      note(work.terminal, `going on behind ${this.#before.sent} messages sent before`);
    }
  }

  async run(): Promise<number> {
    const { terminal, source, run, options } = this.#work;
    let failure: unknown;
    try {
      await this.#sendAll();
      await run.settle();
      this.#save(this.#next, []);
    } catch (error) {
      failure = error;
      if (options.dryRun !== true) await this.#keepPlace();
    }
    this.#report();
    if (failure !== undefined) throw this.#told(failure);
    for (const topic of source.unmapped()) {
      note(terminal, `--map-topic: no message of topic "${topic}" was chosen`);
    }
    const isWhole = options.dryRun === true || this.#sent === source.chosen;
    return isWhole && source.damagedBytes === 0 ? EXIT.ok : EXIT.left;
  }

  async #sendAll(): Promise<void> {
    const { source, run, options, rows } = this.#work;
    const done = new Set(this.#before?.ahead);
    const from = this.#before?.next ?? 0;
    const isToSend = (position: number) => position >= from && !done.has(position);
    if (options.dryRun !== true) await this.#checkTargets(isToSend);
    let sinceSave = 0;
    for await (const { message, target } of source.messages()) {
      rows.tick();
      if (options.dryRun === true || !isToSend(message.position)) continue;
      // A place that cannot be kept is known before anything is sent that would be sent again.
      if (!this.#isKept) this.#save(from, []);
      await run.add({
        position: message.position,
        topic: target,
        queueId: message.queueId,
        message: outgoing(message),
      });
      this.#next = message.position + 1;
      if (++sinceSave < CURSOR_EVERY || options.cursorFile === undefined) continue;
      sinceSave = 0;
      await run.settle();
      this.#save(this.#next, []);
    }
  }

  /** Before the first send: a topic nobody takes messages for is told of then, and not after half. */
  async #checkTargets(isToSend: (position: number) => boolean): Promise<void> {
    const { source, routes, signal } = this.#work;
    const missing: string[] = [];
    for (const target of await source.targets(isToSend)) {
      signal.throwIfAborted();
      try {
        await routes.writableQueues(target);
      } catch (error) {
        const isMissing = error instanceof ClientError &&
          (error.kind === "no-route" || error.kind === "no-queue");
        if (!isMissing) throw error;
        missing.push(error.message);
      }
    }
    if (missing.length > 0) throw new Failure(missing.join("; "));
  }

  /**
   * After a failure or a stop: what is under way is waited for, so that nothing is sent twice. That
   * the place cannot be kept is said with the failure, and is none of its own.
   */
  async #keepPlace(): Promise<void> {
    const { run } = this.#work;
    await run.drain();
    try {
      this.#save(run.unsentAt ?? this.#next, run.ahead);
    } catch {
      this.#isKept = false;
    }
  }

  get #sent(): number {
    return this.#work.run.sent + (this.#before?.sent ?? 0);
  }

  /** A failure, with how far it came. */
  #told(failure: unknown): Failure {
    const { line, exitCode } = describeFailure(failure);
    const { cursorFile, dryRun } = this.#work.options;
    if (dryRun === true) return new Failure(line, { cause: failure, exitCode });
    const again = this.#isKept
      ? "; the same command goes on there"
      : cursorFile === undefined || this.#sent === 0
      ? ""
      : ", not all of which the cursor knows: the same command sends them again";
    const text = `${line}; ${counted(this.#sent, "message")} sent${again}`;
    return new Failure(text, { cause: failure, exitCode });
  }

  /** Of what an earlier run had sent ahead, some may still be ahead. */
  #save(next: number, ahead: readonly number[]): void {
    const { terminal: { files }, options: { cursorFile, dryRun }, of } = this.#work;
    if (cursorFile === undefined || dryRun === true) return;
    const all = new Set([...this.#before?.ahead ?? [], ...ahead]);
    const kept = [...all].filter((position) => position >= next);
    writeCursor(files, cursorFile, { of, next, ahead: kept, sent: this.#sent });
    this.#isKept = true;
  }

  #report(): void {
    const { rows, source, run, options } = this.#work;
    for (const row of source.topics()) rows.row({ kind: "topic", ...row });
    const { read, chosen, skipped, damagedBytes } = source;
    rows.row({
      kind: "summary",
      read,
      messages: chosen,
      skipped,
      ...(options.dryRun !== true && {
        sent: this.#sent,
        uncertain: run.uncertain,
        degraded: run.degraded,
      }),
      damagedBytes,
    });
    rows.end();
  }
}

/** A row in words. */
function noteOf(row: object): string {
  const it = row as Readonly<Record<string, number | string | undefined>>;
  if (it["kind"] === "topic") return "";
  const parts = [`${counted(Number(it["read"]), "message")} read`, `${it["messages"]} chosen`];
  if (it["skipped"] !== 0) parts.push(`${it["skipped"]} not to be sent again`);
  parts.push(it["sent"] === undefined ? "none sent: a dry run" : `${it["sent"]} sent`);
  if (Number(it["uncertain"] ?? 0) > 0) parts.push(`${it["uncertain"]} perhaps twice`);
  if (Number(it["degraded"] ?? 0) > 0) parts.push(`${it["degraded"]} not synced or copied`);
  if (Number(it["damagedBytes"]) > 0) parts.push(`${it["damagedBytes"]} bytes are no record`);
  return parts.join(", ");
}
