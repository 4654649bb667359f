import assert from "node:assert/strict";
import { hasColors, toned, toneOf } from "./tone.ts";

Deno.test("toned() leaves the line's end outside the colour", () => {
  assert.equal(toned("bad\n", "bad"), "\x1b[31mbad\x1b[39m\n");
  assert.equal(toned("plain\n", undefined), "plain\n");
  assert.equal(toned("head", "heading"), "\x1b[1mhead\x1b[22m");
});

Deno.test("toneOf() goes by what rows of all commands share", () => {
  const tones = [
    { kind: "finding", severity: "error" },
    { kind: "finding", severity: "warning" },
    { kind: "finding", severity: "info" },
    { kind: "damage" },
    { kind: "damage", torn: true },
    { kind: "tail" },
    { kind: "action", safe: false },
    { kind: "message", bodyDamage: "no zlib data" },
    { kind: "message" },
    { topic: "T" },
  ].map(toneOf);
  assert.deepEqual(tones, [
    ...["bad", "doubtful", "quiet", "bad", "doubtful", "quiet", "doubtful", "bad"],
    ...[undefined, undefined],
  ]);
});

Deno.test("hasColors() honours the command line, NO_COLOR, FORCE_COLOR, and who reads", () => {
  const by = (env: Record<string, string>, isTty: boolean) => {
    return { env: (name: string) => env[name], isTty };
  };
  assert.equal(hasColors("auto", by({}, true)), true);
  assert.equal(hasColors("auto", by({}, false)), false);
  assert.equal(hasColors("auto", by({ NO_COLOR: "1" }, true)), false);
  assert.equal(hasColors("auto", by({ NO_COLOR: "" }, true)), true);
  assert.equal(hasColors("auto", by({ FORCE_COLOR: "1" }, false)), true);
  assert.equal(hasColors("auto", by({ FORCE_COLOR: "0" }, true)), false);
  assert.equal(hasColors("auto", by({ NO_COLOR: "1", FORCE_COLOR: "1" }, true)), false);
  assert.equal(hasColors("auto", by({ TERM: "dumb" }, true)), false);
  assert.equal(hasColors("always", by({ NO_COLOR: "1" }, false)), true);
  assert.equal(hasColors("never", by({ FORCE_COLOR: "1" }, true)), false);
});
