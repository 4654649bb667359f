import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { namesrvOption } from "./namesrv_option.ts";

Deno.test("--namesrv takes addresses and nothing else", () => {
  const parsed = (...words: string[]) => {
    return new Command().exitOverride().configureOutput({ outputError: () => {} })
      .addOption(namesrvOption()).parse(words, { from: "user" }).opts().namesrv;
  };
  assert.equal(parsed(), undefined);
  assert.equal(parsed("-n", "a:1;b:2"), "a:1;b:2");
  assert.throws(() => parsed("--namesrv", "here"), /host:port/);
  assert.throws(() => parsed("--namesrv", ""), /empty/);
});
