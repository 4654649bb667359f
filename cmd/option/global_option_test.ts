import assert from "node:assert/strict";
import { takeFlag, takeOption } from "./global_option.ts";

Deno.test("takeFlag() takes a flag wherever it stands, but no value and nothing behind --", () => {
  const take = (...words: string[]) => {
    const { args, isGiven } = takeFlag(words, ["-q", "--quiet"], (flag) => flag === "--body");
    return [args.join(" "), isGiven];
  };
  assert.deepEqual(take("a", "b"), ["a b", false]);
  assert.deepEqual(take("-q", "a", "--quiet", "b"), ["a b", true]);
  assert.deepEqual(take("a", "--body", "-q"), ["a --body -q", false]);
  assert.deepEqual(take("a", "--", "-q"), ["a -- -q", false]);
});

Deno.test("takeOption() finds an option in both ways of writing, anywhere before --", () => {
  const check = (words: string, args: string, value: string | undefined) => {
    const found = takeOption(words.split(" "), "--profile");
    assert.deepEqual([found.args.join(" "), found.value], [args, value], words);
  };
  check("verify store", "verify store", undefined);
  check("--profile prod verify store", "verify store", "prod");
  check("verify store --profile=prod", "verify store", "prod");
  check("verify --profile prod store --profile dev", "verify store", "dev");
  check("verify store --profile", "verify store", "");
  check("verify --profile= store", "verify store", "");
  check("verify --profiles x", "verify --profiles x", undefined);
  check("verify -- --profile x", "verify -- --profile x", undefined);
  check("--profile -- x", "x", "--");
});
