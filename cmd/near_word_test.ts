import assert from "node:assert/strict";
import { nearWord, suggestion } from "./near_word.ts";

const KNOWN = ["log-body-crc", "log-bad-record", "queue-hole", "index-header"];

Deno.test("nearWord() finds what is a few letters off", () => {
  assert.equal(nearWord("log-body-crcs", KNOWN), "log-body-crc");
  assert.equal(nearWord("log-bdy-crc", KNOWN), "log-body-crc");
  assert.equal(nearWord("queu-hole", KNOWN), "queue-hole");
  assert.equal(nearWord("logbadrecord", KNOWN), "log-bad-record");
  assert.equal(nearWord("queue-hole", KNOWN), "queue-hole");
});

Deno.test("nearWord() finds what holds the word, and nothing for another word", () => {
  assert.equal(nearWord("crc", KNOWN), "log-body-crc");
  assert.equal(nearWord("header", KNOWN), "index-header");
  assert.equal(nearWord("log-crc", KNOWN), "log-body-crc");
  for (const word of ["", "x", "qu", "checkpoint-missing", "everything"]) {
    assert.equal(nearWord(word, KNOWN), undefined, word);
  }
  assert.equal(nearWord("anything", []), undefined);
});

Deno.test("suggestion() is nothing where no word is near", () => {
  assert.equal(suggestion("queue-holes", KNOWN), " (did you mean queue-hole?)");
  assert.equal(suggestion("nonsense", KNOWN), "");
});
