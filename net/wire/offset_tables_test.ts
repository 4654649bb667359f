import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { bytesOf, capturedBodies, checkRewrites } from "../../testdata/bodies.ts";
import { BodyError } from "./json_body.ts";
import {
  formatConsumerOffsets,
  formatDelayOffsets,
  formatResetOffsets,
  parseConsumerOffsets,
  parseDelayOffsets,
  parseResetOffsets,
} from "./offset_tables.ts";

Deno.test("parseConsumerOffsets() and formatConsumerOffsets() lose nothing that is read back", () => {
  for (const { body } of capturedBodies("GET_ALL_CONSUMER_OFFSET", "response")) {
    const offsets = parseConsumerOffsets(body);
    assert(offsets.offsetTable.size > 0);
    assert.deepEqual(parseConsumerOffsets(formatConsumerOffsets(offsets)), offsets);
  }
});

Deno.test("parseDelayOffsets() and formatDelayOffsets() give back Java's bytes", () => {
  for (const { body } of capturedBodies("GET_ALL_DELAY_OFFSET", "response")) {
    const written = formatDelayOffsets(parseDelayOffsets(body));
    assert.equal(Buffer.from(written).toString(), Buffer.from(body!).toString());
  }
});

Deno.test("parseResetOffsets() and formatResetOffsets() lose nothing Java said", () => {
  const rewrite = (body: Uint8Array) => formatResetOffsets(parseResetOffsets(body));
  checkRewrites(["INVOKE_BROKER_TO_RESET_OFFSET", "response"], rewrite);
  checkRewrites(["RESET_CONSUMER_CLIENT_OFFSET", "request"], rewrite);
});

Deno.test("parseConsumerOffsets() refuses a queue id that is no number", () => {
  const body = bytesOf('{"offsetTable":{"T@G":{"x":1}}}');
  assert.throws(() => parseConsumerOffsets(body), BodyError);
});
