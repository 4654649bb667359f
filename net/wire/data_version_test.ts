import assert from "node:assert/strict";
import { bytesOf } from "../../testdata/bodies.ts";
import { formatDataVersion, parseDataVersion, sameDataVersion } from "./data_version.ts";

Deno.test("parseDataVersion() and formatDataVersion() are inverse, with and without a term", () => {
  for (
    const text of [
      '{"counter":3,"timestamp":1795230883680}',
      '{"counter":0,"stateVersion":2,"timestamp":1}',
    ]
  ) {
    assert.deepEqual(formatDataVersion(parseDataVersion(bytesOf(text))), bytesOf(text));
  }
});

Deno.test("sameDataVersion() compares all three, no term counts as the first", () => {
  const version = { counter: 1, timestamp: 2 };
  assert(sameDataVersion(version, { ...version, stateVersion: 0 }));
  assert(!sameDataVersion(version, { ...version, stateVersion: 1 }));
  assert(!sameDataVersion(version, { ...version, counter: 2 }));
  assert(!sameDataVersion(version, { ...version, timestamp: 3 }));
});
