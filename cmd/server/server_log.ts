/**
 * The log of a server, on standard error: a line for a person, or with `--log json` an object a line.
 * What repeats itself many times a minute is cut short, so that a client that goes wild fills no disk.
 *
 * @module
 */
import { Option } from "@commander-js/extra-typings";
import type { Log } from "../../net/rpc/limits.ts";
import { lineText, type Terminal } from "../terminal.ts";

/** Forms of the log. */
const LOG_FORMATS = ["text", "json"] as const;

/** A form of the log. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Lines of one kind in a minute; kinds are texts that differ in their digits only. */
const LINES_MAX = 10;
const WINDOW_MS = 60_000;
/** Kinds that are counted; beyond them everything is forgotten. */
const KINDS_MAX = 1000;

interface Kind {
  readonly since: number;
  count: number;
}

/** `--log`. */
export function logOption(): Option<
  "--log <format>",
  undefined,
  undefined,
  undefined,
  false,
  LogFormat
> {
  return new Option("--log <format>", "form of the log, on standard error; default: text")
    .choices(LOG_FORMATS);
}

/** A log that writes to the side of notes. What has an error behind it is a warning. */
export function serverLog(terminal: Terminal, format: LogFormat = "text"): Log {
  const { now } = terminal;
  const kinds = new Map<string, Kind>();
  const write = (text: string, cause: unknown) => {
    const line = format === "json" ? jsonLine(now(), text, cause) : textLine(now(), text, cause);
    terminal.err.write(`${line}\n`);
    terminal.err.flush();
  };
  return (text, cause) => {
    const name = text.replace(/\d+/g, "#");
    let kind = kinds.get(name);
    if (kind === undefined || now() - kind.since >= WINDOW_MS) {
      const left = kind === undefined ? 0 : kind.count - LINES_MAX;
      if (left > 0) write(`${left} more lines like the next one were left out`, undefined);
      if (kinds.size >= KINDS_MAX) kinds.clear();
      kind = { since: now(), count: 0 };
      kinds.delete(name);
      kinds.set(name, kind);
    }
    kind.count++;
    if (kind.count > LINES_MAX) return;
    write(text, cause);
    if (kind.count === LINES_MAX) {
      write("More lines like the last one are left out for a minute", undefined);
    }
  };
}

function textLine(now: number, text: string, cause: unknown): string {
  const isNews = cause instanceof Error && !text.includes(cause.message);
  const level = cause === undefined ? "info" : "warn";
  return `${new Date(now).toISOString()} ${level}  ${
    lineText(isNews ? `${text}: ${cause.message}` : text)
  }`;
}

function jsonLine(now: number, text: string, cause: unknown): string {
  return JSON.stringify({
    time: new Date(now).toISOString(),
    level: cause === undefined ? "info" : "warn",
    message: text,
    ...(cause instanceof Error && { error: cause.message, stack: cause.stack }),
    ...(cause !== undefined && !(cause instanceof Error) && { error: String(cause) }),
  });
}
