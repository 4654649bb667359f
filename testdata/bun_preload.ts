/**
 * Lets `bun test` run the same test files as `deno test`: it stands in for `Deno.test`, and for
 * nothing else of Deno. Tests that use steps, permissions or other parts of Deno do not run under Bun.
 *
 *     bun test --preload ./testdata/bun_preload.ts
 *
 * @module
 */

type Body = () => void | Promise<void>;

interface Definition {
  readonly name?: string;
  readonly fn?: Body;
  readonly ignore?: boolean;
  readonly only?: boolean;
}

interface BunTest {
  (name: string, body: Body, options: { timeout: number }): void;
  readonly skip: BunTest;
  readonly only: BunTest;
}

/** Deno has no bound at all, Bun's own of 5 s is too short for tests that start programs. */
const TIMEOUT_MS = 600_000;

// The specifier is put together because Deno's checker reads this file too, and knows no `bun:`.
const { test } = await import(["bun", "test"].join(":")) as { test: BunTest };

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

function register(runner: BunTest, args: readonly unknown[]): void {
  const definition = definitionOf(args);
  const { fn, ignore, only } = definition;
  if (fn === undefined) throw new TypeError("Cannot register a test: it has no function");
  const chosen = ignore ? test.skip : only ? test.only : runner;
  // The arrow hides the function's parameters: Bun would take the first for a "done" callback.
  chosen(definition.name ?? fn.name, () => fn(), { timeout: TIMEOUT_MS });
}

const denoTest = Object.assign((...args: unknown[]) => register(test, args), {
  ignore: (...args: unknown[]) => register(test.skip, args),
  only: (...args: unknown[]) => register(test.only, args),
});

Object.assign(globalThis, { Deno: { test: denoTest } });
