import assert from "node:assert/strict";
import { capturedFrames, recordingNames } from "../../testdata/frames.ts";
import {
  requestCode,
  requestName,
  REQUESTS,
  responseCode,
  responseName,
  RESPONSES,
} from "./codes.ts";

Deno.test("REQUESTS and RESPONSES have every code and every name once, in order", () => {
  for (const rows of [REQUESTS, RESPONSES]) {
    const codes = rows.map((row) => row[0] as number);
    assert.deepEqual(codes, [...codes].sort((a, b) => a - b));
    assert.equal(new Set(codes).size, rows.length);
    assert.equal(new Set(rows.map((row) => row[1])).size, rows.length);
  }
});

Deno.test("requestCode() and requestName() are inverse", () => {
  for (const [code, name] of REQUESTS) {
    assert.equal(requestCode(name), code);
    assert.equal(requestName(code), name);
  }
  assert.equal(requestName(9999), undefined);
});

Deno.test("responseCode() and responseName() are inverse", () => {
  for (const [code, name] of RESPONSES) {
    assert.equal(responseCode(name), code);
    assert.equal(responseName(code), name);
  }
  assert.equal(responseName(9999), undefined);
});

Deno.test("requestName() knows the requests of the recordings by the same names", () => {
  for (const recording of recordingNames()) {
    for (const { kind, code, name } of capturedFrames(recording)) {
      if (kind === "response") assert.notEqual(responseName(code), undefined, `${code}`);
      else if (!/^\d+$/.test(name)) assert.equal(requestName(code), name);
    }
  }
});
