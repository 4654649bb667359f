/**
 * The `mq` program: the only place that reads signals and ends the process.
 *
 * @module
 */
import { chmodSync } from "node:fs";
import process from "node:process";
import { diskSpace, usedRatio } from "../net/broker/disk_space.ts";
import { diskFiles } from "../store/file_disk.ts";
import { findHolder } from "../store/lock.ts";
import { EXIT } from "./exit_code.ts";
import { Failure } from "./failure.ts";
import { realPath, systemAccess } from "./file_access.ts";
import { descriptorSink, Out } from "./output/out.ts";
import { run } from "./program.ts";
import type { Terminal } from "./terminal.ts";

const STDOUT = 1;
const STDERR = 2;
/** Rights of a file that holds keys. */
const OWNER_ONLY = 0o600;
const COLUMNS_DEFAULT = 80;
const COLUMNS_MAX = 120;

/** The terminal of this process. */
export function processTerminal(): Terminal {
  let stop: AbortController | undefined;
  const isTty = process.stdout.isTTY === true;
  const isAsked = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    out: new Out(descriptorSink(STDOUT)),
    err: new Out(descriptorSink(STDERR)),
    files: diskFiles,
    keepPrivate: (path) => chmodSync(path, OWNER_ONLY),
    env: environmentValue,
    isTty,
    isErrTty: process.stderr.isTTY === true,
    columns: Math.min(
      isTty ? process.stdout.columns ?? COLUMNS_DEFAULT : COLUMNS_DEFAULT,
      COLUMNS_MAX,
    ),
    now: Date.now,
    lockHolder,
    fileAccess: systemAccess,
    diskUse,
    realPath,
    stopSignal: () => (stop ??= stopController()).signal,
    stdin: () => process.stdin,
    ...(isAsked ? { confirm } : {}),
  };
}

/** A lock that cannot be looked at is none that is known of. */
function lockHolder(path: string): number | undefined {
  try {
    return findHolder(path);
  } catch {
    return undefined;
  }
}

function diskUse(path: string): number | undefined {
  const space = diskSpace(path);
  return space === undefined ? undefined : usedRatio(space);
}

/** Asks Deno first: a command that only reads must not make it prompt for the environment. */
function environmentValue(name: string): string | undefined {
  const permissions = (globalThis as { Deno?: { permissions: typeof Deno.permissions } }).Deno
    ?.permissions;
  if (permissions?.querySync({ name: "env", variable: name }).state === "prompt") return undefined;
  return process.env[name];
}

/** The first signal asks for a clean stop, the second ends the process at once. */
function stopController(): AbortController {
  const controller = new AbortController();
  const stop = (reason: Failure) => () => {
    if (controller.signal.aborted) process.exit(reason.exitCode);
    controller.abort(reason);
  };
  process.on("SIGINT", stop(interrupted()));
  process.on("SIGTERM", stop(new Failure("Stopped by SIGTERM", { exitCode: EXIT.terminated })));
  return controller;
}

function interrupted(): Failure {
  return new Failure("Stopped by SIGINT", { exitCode: EXIT.interrupted });
}

/** Enter alone and the end of the input are a no; Ctrl-C, which is no signal here, ends the command. */
async function confirm(question: string): Promise<boolean> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await new Promise<string | undefined>((resolve, reject) => {
      lines.once("SIGINT", () => reject(interrupted()));
      lines.once("close", () => resolve(undefined));
      lines.question(`${question} [y/N] `, resolve);
    });
    if (answer === undefined) process.stderr.write("\n");
    return /^y(es)?$/i.test(answer?.trim() ?? "");
  } catch (error) {
    process.stderr.write("\n");
    throw error;
  } finally {
    lines.close();
  }
}

if (import.meta.main) process.exit(await run(process.argv.slice(2), processTerminal()));
