import assert from "node:assert/strict";
import { Command } from "@commander-js/extra-typings";
import { progressOption } from "./progress_option.ts";

Deno.test("--progress is auto unless another form is named", () => {
  const parsed = (...words: string[]) => {
    return new Command().exitOverride().configureOutput({ outputError: () => {} })
      .addOption(progressOption()).parse(words, { from: "user" }).opts().progress;
  };
  assert.equal(parsed(), "auto");
  assert.equal(parsed("--progress", "json"), "json");
  assert.throws(() => parsed("--progress", "loud"), /choices are auto/);
});
