import assert from "node:assert/strict";
import { finding } from "../../store/check/findings.ts";
import { FoundCodes } from "./found_codes.ts";

const stray = (file: string) => finding("log-stray-file", { file }, { message: "is none" });

Deno.test("FoundCodes tells the first of a code and counts the others", () => {
  const codes = new FoundCodes();
  for (const file of ["a", "b", "c"]) codes.add(stray(file));
  assert.deepEqual(codes.first.map(({ file }) => file), ["a"]);
  assert.deepEqual(codes.told([]).map(({ file, more }) => [file, more]), [["a", 2]]);
});

Deno.test("FoundCodes says of a stray file what the starts do with that very file", () => {
  const codes = new FoundCodes();
  codes.add(stray("a"));
  assert.equal(codes.told([])[0]!.java, "passes over it");
  assert.match(codes.told([{ file: "a", reason: "is wrong" }])[0]!.java, /ends its start/);
});
