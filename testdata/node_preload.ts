/**
 * Lets `node --test` run the same test files as `deno test`, once they are translated: it stands in
 * for `Deno.test`, and for nothing else of Deno. Stacks of disposables are those of the package.
 *
 *     node --import ./testdata/node_preload.js --test FILES
 *
 * @module
 */

import { test } from "node:test";

type Body = () => void | Promise<void>;

interface Definition {
  readonly name?: string;
  readonly fn?: Body;
  readonly ignore?: boolean;
}

const TIMEOUT_MS = 600_000;

/** Reads the call forms of `Deno.test`: `(fn)`, `(name, fn)`, `(name, options, fn)`, `(options, fn)`, `(definition)`. */
function definitionOf(args: readonly unknown[]): Definition {
  let definition: Definition = {};
  for (const arg of args) {
    if (typeof arg === "string") definition = { ...definition, name: arg };
    else if (typeof arg === "function") definition = { ...definition, fn: arg as Body };
    else definition = { ...definition, ...(arg as Definition) };
  }
  return definition;
}

function register(args: readonly unknown[], { isIgnored }: { isIgnored: boolean }): void {
  const definition = definitionOf(args);
  const { fn } = definition;
  if (fn === undefined) throw new TypeError("Cannot register a test: it has no function");
  const options = { timeout: TIMEOUT_MS, skip: isIgnored || definition.ignore === true };
  // The arrow hides the function's parameters: Node would take the second for a "done" callback.
  test(definition.name ?? fn.name, options, () => fn());
}

const denoTest = Object.assign(
  (...args: unknown[]) => register(args, { isIgnored: false }),
  { ignore: (...args: unknown[]) => register(args, { isIgnored: true }) },
);

Object.assign(globalThis, { Deno: { test: denoTest } });
