/**
 * Prints what a walk over a commit log meets: messages that are wanted, and what is no message.
 *
 * @module
 */
import { readBody } from "../../store/body.ts";
import type { RecordView } from "../../store/record_view.ts";
import type { RowWriter } from "../output/row_writer.ts";
import type { BodyDecoder } from "../reading/body_decoder.ts";
import type { ScanRow } from "../reading/damage_rows.ts";
import type { LogFilter } from "../reading/log_filter.ts";
import { MessageJson } from "../reading/message_json.ts";
import { type BodyOptions, messageRow } from "../reading/message_rows.ts";

/** How messages are printed. */
export interface LogPrinterOptions extends BodyOptions {
  readonly limit?: number | undefined;
}

/** Rows that may wait for the decoder, and bytes of their bodies. */
const WAITING_ROWS_MAX = 64;
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

/** A printer of the items of a log. */
export class LogPrinter {
  /** Messages printed whose body cannot be read. */
  bodyDamages = 0;
  /** Messages printed. */
  messages = 0;
  readonly #rows: RowWriter;
  readonly #filter: LogFilter;
  readonly #options: LogPrinterOptions;
  readonly #limit: number;
  /** Prints messages where they are wanted whole and without bodies. */
  readonly #json: MessageJson | undefined;
  readonly #decoder: BodyDecoder | undefined;
  #waiting: Promise<object>[] = [];
  #waitingBytes = 0;

  constructor(
    rows: RowWriter,
    printer: {
      readonly filter: LogFilter;
      readonly options: LogPrinterOptions;
      readonly decoder?: BodyDecoder | undefined;
    },
  ) {
    this.#rows = rows;
    this.#filter = printer.filter;
    this.#options = printer.options;
    this.#limit = printer.options.limit ?? Infinity;
    this.#decoder = printer.decoder;
    const isPlain = rows.takesJson && (printer.options.body ?? "none") === "none" &&
      printer.decoder === undefined;
    this.#json = isPlain ? new MessageJson({ isLine: rows.format === "jsonl" }) : undefined;
  }

  /** Whether nothing more is wanted. */
  get isFull(): boolean {
    return this.messages >= this.#limit || this.#rows.closed;
  }

  /** Whether rows should be let out with {@linkcode LogPrinter.drain} before more are taken. */
  get isDue(): boolean {
    return this.#waiting.length >= WAITING_ROWS_MAX || this.#waitingBytes >= WAITING_BYTES_MAX;
  }

  /** Prints a message if it is wanted. */
  message(record: RecordView): void {
    if (!this.#filter.matches(record)) return;
    this.messages++;
    if (this.#json !== undefined) return this.#rows.bytes(this.#json.of(record));
    const row = this.#decoder === undefined
      ? messageRow(record, this.#options)
      : this.#decoded(this.#decoder, record);
    if (row === undefined) return;
    if (row.bodyDamage !== undefined) this.bodyDamages++;
    this.#print(row);
  }

  /** Prints what is no message; only damage where certain messages are asked for. */
  other(row: ScanRow): void {
    if (row.kind !== "damage" && row.code === undefined && this.#filter.isSelective) return;
    this.#print(row);
  }

  /** Prints what waited for the decoder. */
  async drain(): Promise<void> {
    for (const row of this.#waiting.splice(0)) this.#rows.row(await row);
    this.#waitingBytes = 0;
  }

  #print(row: object): void {
    if (this.#decoder === undefined) this.#rows.row(row);
    else this.#waiting.push(Promise.resolve(row));
  }

  /** Sends a body to the decoder; a row comes back at once where it cannot be sent. */
  #decoded(decoder: BodyDecoder, record: RecordView) {
    const row = messageRow(record, {});
    const stored = record.bytes.subarray(record.bodyAt, record.bodyAt + record.bodyLength);
    const result = this.#options.raw === true
      ? { state: "ok" as const, body: stored }
      : readBody(stored, record.sysFlag());
    if (result.state === "damaged") return { ...row, bodyDamage: result.reason };
    const { length: bodySize } = result.body;
    const answer = decoder.decode(result.body, row.commitLogOffset)
      .then((line) => ({ ...row, bodySize, ...this.#answer(line) }));
    // Heard of when the rows are let out; a failure must not be thought unnoticed until then.
    answer.catch(() => {});
    this.#waiting.push(answer);
    this.#waitingBytes += bodySize;
    return undefined;
  }

  #answer(line: string): object {
    if (this.#options.body !== "json") return { body: line, bodyEncoding: "decoder" };
    try {
      return { body: JSON.parse(line), bodyEncoding: "json" };
    } catch {
      return { body: line, bodyEncoding: "decoder" };
    }
  }
}
