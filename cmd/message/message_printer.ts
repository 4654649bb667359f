/**
 * Prints messages that came from a cluster: in the columns and fields of every command that prints
 * messages, or in a format of the user's own.
 *
 * @module
 */
import type { ReceivedMessage } from "../../net/client/received_message.ts";
import { messageView } from "../../store/message_view.ts";
import { usageFailure } from "../failure.ts";
import type { BodyForm } from "../option/body_option.ts";
import { type Field, openRows, type OutputOptions } from "../output/format_option.ts";
import type { RowWriter } from "../output/row_writer.ts";
import { messageFields, rowWithBody } from "../reading/message_rows.ts";
import type { Terminal } from "../terminal.ts";
import { type MessageFormat, messageFormat } from "./format_text.ts";

/** How messages are printed. */
export interface PrintOptions extends OutputOptions {
  readonly body?: BodyForm | undefined;
  readonly raw?: boolean | undefined;
  /** Instead of rows; see `mq help formatting`. */
  readonly format?: string | undefined;
}

/** Columns of the table: wide enough for most, in the order of what one looks for. */
const COLUMNS: readonly (readonly [name: string, width: number])[] = [
  ["storeTimestamp", 24],
  ["topic", 16],
  ["brokerName", 10],
  ["queueId", 7],
  ["queueOffset", 11],
  ["tags", 8],
  ["keys", 16],
  ["body", 0],
];

const OWN_FIELDS: readonly Field[] = [
  { name: "brokerName", type: "string", about: "broker it came from" },
  { name: "messageId", type: "string", about: "id made by its producer" },
];

/** Fields of a message from a cluster. */
function receivedFields(options: PrintOptions): readonly Field[] {
  const all = [...OWN_FIELDS, ...messageFields(options)].map(({ width: _, ...field }) => field);
  const columns = COLUMNS.map(([name, width]) => {
    return { ...all.find((it) => it.name === name)!, width };
  });
  const shown = columns.filter(({ name }) =>
    name !== "body" || (options.body ?? "none") !== "none"
  );
  const names = new Set(shown.map((it) => it.name));
  return [...shown, ...all.filter((it) => !names.has(it.name) && it.name !== "note")];
}

/** Prints messages one by one. */
export class MessagePrinter {
  readonly #terminal: Terminal;
  readonly #options: PrintOptions;
  readonly #print: MessageFormat | RowWriter;
  #count = 0;

  private constructor(terminal: Terminal, options: PrintOptions, print: MessageFormat | RowWriter) {
    this.#terminal = terminal;
    this.#options = options;
    this.#print = print;
  }

  /** Opens the output; with `-o help` prints the fields instead and returns `undefined`. */
  static open(terminal: Terminal, options: PrintOptions): MessagePrinter | undefined {
    if (options.format === undefined) {
      const rows = openRows(terminal, receivedFields(options), options);
      return rows === undefined ? undefined : new MessagePrinter(terminal, options, rows);
    }
    if (options.output !== undefined || options.fields !== undefined) {
      throw usageFailure("--format goes without -o and --fields");
    }
    return new MessagePrinter(terminal, options, messageFormat(options.format));
  }

  /** How many were printed. */
  get count(): number {
    return this.#count;
  }

  /** Whether nobody reads any more. */
  get closed(): boolean {
    return this.#terminal.out.closed;
  }

  /** Prints a message; it may wait for more of its kind until {@linkcode flush}. */
  print(message: ReceivedMessage): void {
    this.#count++;
    const print = this.#print;
    if (typeof print !== "function") print.row(receivedRow(message, this.#options));
    else this.#terminal.out.write(print(message, { isTty: this.#terminal.isTty }));
  }

  /** Lets out what waits, and says whether it was taken. */
  flush(): boolean {
    this.#terminal.out.flush();
    return !this.closed;
  }

  /** Finishes the output. */
  end(): void {
    if (typeof this.#print !== "function") this.#print.end();
  }
}

/** The row of a message from a cluster: names without the namespace, as its user knows them. */
function receivedRow(message: ReceivedMessage, options: PrintOptions): object {
  const { record, topic, brokerName, messageId } = message;
  const view = { ...messageView(record), topic };
  const { kind, ...row } = rowWithBody(view, record.body, options);
  return { kind, brokerName, messageId, ...row };
}
