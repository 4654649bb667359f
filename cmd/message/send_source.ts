/**
 * Where the messages of `mq message send` come from: options, a file, lines of standard input.
 *
 * @module
 */
import { readWholeFile } from "../../store/file.ts";
import { Failure, usageFailure } from "../failure.ts";
import { parseTime } from "../option/time_option.ts";
import type { Terminal } from "../terminal.ts";
import { linesOf, wholeOf } from "./lines.ts";
import { headOf, messageOfLine, type MessageOptions, type OutgoingMessage } from "./outgoing.ts";

/** What is sent. */
export interface SourceOptions extends MessageOptions {
  /** The body. */
  readonly body?: string | undefined;
  /** A file that is the body; `-` is standard input. */
  readonly file?: string | undefined;
  /** Each line of standard input is a body. */
  readonly lines?: boolean | undefined;
  /** Each line of standard input is a message. */
  readonly json?: boolean | undefined;
  /** Of one body: sent so often. Of lines: not more than so many. */
  readonly count?: number | undefined;
  /** When it is to be delivered. */
  readonly deliverAt?: string | undefined;
}

/** The messages. Throws a failure at once for options that cannot be meant. */
export function sendSource(
  terminal: Terminal,
  topic: string | undefined,
  options: SourceOptions,
): AsyncGenerator<OutgoingMessage, void> {
  const { body, file, lines, json, count, deliverAt } = options;
  const given = [body !== undefined, file !== undefined, lines === true, json === true];
  const sources = given.filter(Boolean).length;
  if (sources === 0) throw usageFailure("Nothing to send: give --body, --file, --lines or --json");
  if (sources > 1) throw usageFailure("--body, --file, --lines and --json exclude each other");
  if (topic === undefined && json !== true) throw usageFailure("No topic: name the one to send to");
  if (deliverAt !== undefined && options.delay !== undefined) {
    throw usageFailure("--delay and --deliver-at exclude each other");
  }
  const { head: own, place } = headOf(options);
  const nowMs = terminal.now();
  const head = {
    ...own,
    ...(deliverAt !== undefined && { deliverAt: parseTime(deliverAt, nowMs) }),
  };
  if (json === true) {
    return limited(terminal, count, (line, number) => {
      return messageOfLine(line, { number, topic, head, place, nowMs });
    });
  }
  const messageOf = (it: Uint8Array | string): OutgoingMessage => {
    return { message: { ...head, topic: topic!, body: it }, ...place };
  };
  if (lines === true) {
    return limited(terminal, count, (line, number) => ({ ...messageOf(line), number }));
  }
  return repeated(() => body ?? fileBody(terminal, file!), { count: count ?? 1, messageOf });
}

async function* limited(
  terminal: Terminal,
  count: number | undefined,
  messageOf: (line: Uint8Array, number: number) => OutgoingMessage,
): AsyncGenerator<OutgoingMessage, void> {
  let [number, messages] = [0, 0];
  for await (const line of linesOf(input(terminal))) {
    number++;
    // An empty line between messages is none.
    if (line.length === 0) continue;
    yield messageOf(line, number);
    if (++messages === count) return;
  }
}

async function* repeated(
  bodyOf: () => string | Promise<Uint8Array>,
  { count, messageOf }: {
    readonly count: number;
    readonly messageOf: (body: Uint8Array | string) => OutgoingMessage;
  },
): AsyncGenerator<OutgoingMessage, void> {
  const body = await bodyOf();
  for (let number = 0; number < count; number++) yield messageOf(body);
}

async function fileBody(terminal: Terminal, path: string): Promise<Uint8Array> {
  if (path === "-") return await wholeOf(input(terminal));
  const bytes = readWholeFile(terminal.files, path);
  if (bytes !== undefined) return bytes;
  const isFolder = terminal.files.stat(path)?.isDirectory === true;
  throw new Failure(`Cannot read "${path}": ${isFolder ? "it is a folder" : "no such file"}`);
}

function input({ stdin }: Terminal): AsyncIterable<Uint8Array> {
  if (stdin !== undefined) return stdin();
  throw new Failure("Cannot read standard input: there is none");
}
