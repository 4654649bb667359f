/**
 * `mq dlq replay`: sends dead letters once more, each queue in its order, those only that are there
 * when it begins: what dies again is not sent in circles.
 *
 * @module
 */
import type { Client } from "../../net/client/client.ts";
import { ClientError } from "../../net/client/client_error.ts";
import type { Producer } from "../../net/client/producer/producer.ts";
import type { ReceivedMessage } from "../../net/client/received_message.ts";
import { EXIT } from "../exit_code.ts";
import { describeFailure, Failure } from "../failure.ts";
import { Pace } from "../message/pace.ts";
import { type ClusterOptions, clusterSettings, connectFrom } from "../option/cluster_option.ts";
import { isWithin, type TimeRange, timeRangeOf } from "../option/time_option.ts";
import { counted } from "../output/counted.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import { note, type Terminal } from "../terminal.ts";
import { DLQ_PREFIX, originTopic, replayed, type Target } from "./dead_letter.ts";
import { type DlqCursor, readDlqCursor, writeDlqCursor } from "./dlq_cursor.ts";
import { hasDlqTopic } from "./dlq_topic.ts";

/** What `mq dlq replay` may be asked. */
export interface DlqReplayOptions extends ClusterOptions, OutputOptions {
  readonly to: Target;
  readonly dryRun?: boolean | undefined;
  /** Messages a second. */
  readonly rate?: number | undefined;
  readonly limit?: number | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Dead letters with this key only. */
  readonly key?: string | undefined;
  readonly cursorFile?: string | undefined;
}

/** Fields of the output. */
export const DLQ_REPLAY_FIELDS: readonly Field[] = [
  { name: "kind", type: "string", about: "topic, or summary: the last line", width: 7 },
  { name: "topic", type: "string", about: "topic the messages were sent to first", width: 16 },
  { name: "read", type: "number", about: "dead letters looked at", width: 6 },
  { name: "chosen", type: "number", about: "of those, the ones that were asked for", width: 6 },
  { name: "sent", type: "number", about: "of those, the ones a broker has taken", width: 6 },
  { name: "skipped", type: "number", about: "of those, what cannot be sent", width: 7 },
];

const GROUP = "mq-dlq-replay";
/** Messages after which the place is kept. */
const CURSOR_EVERY = 100;

/** Sends dead letters of a group once more. */
export async function replayDeadLetters(
  terminal: Terminal,
  group: string,
  options: DlqReplayOptions,
): Promise<number> {
  const rows = openRows(terminal, DLQ_REPLAY_FIELDS, { ...options, layout: "measured" });
  if (rows === undefined) return EXIT.ok;
  const times = timeRangeOf(options, terminal.now());
  const { namesrv, namespace } = clusterSettings(terminal, options);
  const place = namespace === undefined ? namesrv.value : `${namesrv.value} ${namespace.value}`;
  const { cursorFile, key, since, until } = options;
  const chosen = [["--key", key], ["--since", since], ["--until", until]]
    .filter(([, value]) => value !== undefined).flat();
  const of = ["group", group, "at", place, "to", options.to, ...chosen].join(" ");
  const cursor = cursorFile === undefined
    ? undefined
    : readDlqCursor(terminal.files, cursorFile, of);
  await using client = connectFrom(terminal, options);
  const run = new DlqReplay({ terminal, client, group, options, times, of, cursor });
  let failure: unknown;
  try {
    await run.all();
  } catch (error) {
    failure = error;
  }
  let isKept = cursorFile !== undefined && options.dryRun !== true;
  try {
    run.keepPlace();
  } catch (error) {
    failure ??= error;
    isKept = false;
  }
  for (const [topic, counts] of run.topics) rows.row({ kind: "topic", topic, ...counts });
  rows.row({ kind: "summary", ...run.total });
  rows.end();
  terminal.out.flush();
  if (failure !== undefined) throw told(failure, run.total.sent, { cursorFile, isKept });
  if (run.total.skipped > 0) {
    note(terminal, `${counted(run.total.skipped, "dead letter")} skipped: ${run.whySkipped}`);
  }
  return run.total.skipped > 0 ? EXIT.left : EXIT.ok;
}

function told(
  failure: unknown,
  sent: number,
  { cursorFile, isKept }: { readonly cursorFile: string | undefined; readonly isKept: boolean },
): Failure {
  const { line, exitCode } = describeFailure(failure);
  const again = isKept
    ? "; the same command goes on there"
    : cursorFile === undefined || sent === 0
    ? ""
    : ", not all of which the cursor knows: the same command sends them again";
  const text = `${line}; ${counted(sent, "message")} sent${again}`;
  return new Failure(text, { cause: failure, exitCode });
}

interface Counts {
  read: number;
  chosen: number;
  sent: number;
  skipped: number;
}

interface Work {
  readonly terminal: Terminal;
  readonly client: Client;
  readonly group: string;
  readonly options: DlqReplayOptions;
  readonly times: TimeRange;
  readonly of: string;
  readonly cursor: DlqCursor | undefined;
}

/** One replay. */
class DlqReplay {
  /** By the topic messages were sent to first. */
  readonly topics = new Map<string, Counts>();
  readonly total: Counts = none();
  /** Why the first one that was skipped was. */
  whySkipped = "";
  readonly #work: Work;
  readonly #next: Map<string, number>;

  constructor(work: Work) {
    this.#work = work;
    this.#next = new Map(work.cursor?.next);
  }

  async all(): Promise<void> {
    const { client, group, options, terminal } = this.#work;
    const signal = terminal.stopSignal();
    if (!await hasDlqTopic(terminal, client.admin, group)) return;
    const producer = client.producer({ group: GROUP });
    const pace = new Pace({ ratePerSecond: options.rate, signal });
    const { queues } = await client.admin.topicStats(DLQ_PREFIX + group);
    // A place that cannot be kept is known before anything is sent that would be sent again.
    this.keepPlace();
    for (const queue of queues) {
      const name = `${queue.brokerName}:${queue.queueId}`;
      const offset = Math.max(queue.minOffset, this.#next.get(name) ?? 0);
      if (offset >= queue.maxOffset) continue;
      for await (const letter of client.admin.browse(queue, { from: { offset }, signal })) {
        if (letter.queueOffset >= queue.maxOffset || this.#isEnough()) break;
        signal.throwIfAborted();
        await this.#one(letter, { producer, pace });
        this.#next.set(name, letter.queueOffset + 1);
        if (this.total.read % CURSOR_EVERY === 0) this.keepPlace();
      }
    }
  }

  /** Keeps how far it is, so that the same command goes on there. */
  keepPlace(): void {
    const { terminal: { files }, options: { cursorFile, dryRun }, of, cursor } = this.#work;
    if (cursorFile === undefined || dryRun === true) return;
    const sent = (cursor?.sent ?? 0) + this.total.sent;
    writeDlqCursor(files, cursorFile, { of, next: this.#next, sent });
  }

  #isEnough(): boolean {
    const { chosen, skipped } = this.total;
    return chosen - skipped >= (this.#work.options.limit ?? Infinity);
  }

  async #one(
    letter: ReceivedMessage,
    { producer, pace }: { readonly producer: Producer; readonly pace: Pace },
  ): Promise<void> {
    const { group, options: { to: target, dryRun } } = this.#work;
    const topic = originTopic(letter) ?? "";
    const counts = this.topics.get(topic) ?? none();
    this.topics.set(topic, counts);
    const count = (name: keyof Counts) => {
      counts[name]++;
      this.total[name]++;
    };
    count("read");
    if (!this.#isChosen(letter)) return;
    count("chosen");
    const again = this.#again(letter, { group, target });
    if (again === undefined) return count("skipped");
    if (dryRun === true) return;
    await pace.next();
    await producer.sendWith({ properties: again.properties }, again.message);
    count("sent");
  }

  #isChosen(letter: ReceivedMessage): boolean {
    const { times, options: { key } } = this.#work;
    return isWithin(times, letter.record.storeTimestamp) &&
      (key === undefined || letter.keys.includes(key));
  }

  /** What is sent; `undefined` with the reason kept where that cannot be. */
  #again(letter: ReceivedMessage, how: { readonly group: string; readonly target: Target }) {
    try {
      const again = replayed(letter, how);
      if (again === undefined) this.whySkipped ||= "it does not tell which topic it came from";
      return again;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.whySkipped ||= error.message;
      return undefined;
    }
  }
}

function none(): Counts {
  return { read: 0, chosen: 0, sent: 0, skipped: 0 };
}
