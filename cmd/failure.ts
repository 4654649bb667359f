/**
 * How a command that cannot go on says so: one line for people and an exit code for scripts. A
 * stack trace is printed only where `MQ_DEBUG=1` asks for it.
 *
 * @module
 */
import { AssertionError } from "node:assert";
import { ClientError } from "../net/client/client_error.ts";
import { EXIT } from "./exit_code.ts";

/** An expected way for a command to end early. Its message is the whole explanation. */
export class Failure extends Error {
  /** Code the process ends with. */
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "Failure";
    this.exitCode = options.exitCode ?? EXIT.operational;
  }
}

/** A command line that cannot be meant. */
export function usageFailure(message: string): Failure {
  return new Failure(message, { exitCode: EXIT.usage });
}

/** What is printed and returned for an error. */
export interface FailureReport {
  /** One line, without the leading `mq: `. */
  readonly line: string;
  readonly exitCode: number;
}

/** Turns whatever was thrown into one line and an exit code. */
export function describeFailure(error: unknown): FailureReport {
  if (error instanceof Failure) return { line: oneLine(error.message), exitCode: error.exitCode };
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ClientError && error.kind === "invalid") {
    return { line: oneLine(message), exitCode: EXIT.usage };
  }
  if (isBug(error)) {
    const line = `Internal error: ${oneLine(message)} (run again with MQ_DEBUG=1 for the place)`;
    return { line, exitCode: EXIT.operational };
  }
  return { line: oneLine(message), exitCode: EXIT.operational };
}

/** The stack of an error and of its causes, for `MQ_DEBUG=1`. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\nCaused by: ${stackOf(error.cause)}`;
}

function isBug(error: unknown): boolean {
  return error instanceof AssertionError || error instanceof TypeError ||
    error instanceof ReferenceError;
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, " ").trim();
}
