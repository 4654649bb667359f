/**
 * The figures of the README: our broker and Java's, measured in one run on one machine. Everything
 * stays on loopback, is bounded in time, and ends by itself.
 *
 *     deno task bench            all
 *     deno task bench startup    process start to the first accepted send, idle memory
 *     deno task bench send       the Java client's 64 threads of 1 KiB, and a light load
 *     deno task bench store      the storage engine alone: append, recover, start, look up, memory
 *
 * @module
 */
import { endAll } from "../testdata/interop/child.ts";
import { benchSend } from "./send.ts";
import { benchStartup } from "./startup.ts";
import { benchStore } from "./store.ts";
import { spinMs } from "./process_stat.ts";

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  startup: benchStartup,
  send: benchSend,
  store: benchStore,
};

/** Prints a line of the report. */
function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const wanted = Deno.args.length === 0 ? Object.keys(PARTS) : Deno.args;
const unknown = wanted.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  say(`Unknown bench ${unknown.join(", ")}: there are ${Object.keys(PARTS).join(", ")}`);
  Deno.exit(16);
}
try {
  for (const name of wanted) {
    say(`== ${name} (spin loop ${Math.round(spinMs())} ms)`);
    await PARTS[name]!();
  }
} finally {
  await endAll();
}
