import assert from "node:assert/strict";
import { readBody } from "../../../store/body.ts";
import { COMPRESSIONS, sentBody } from "./compress.ts";

const TEXT = new TextEncoder().encode("17 apples and 4 pears; ".repeat(400));
/** Of `MessageSysFlag` 5.x: compressed, and by what. */
const SYS_FLAGS = { zlib: 0x301, lz4: 0x101, zstd: 0x201 };

Deno.test("sentBody() compresses by each kind, so that the flag says how to read it", () => {
  for (const compression of COMPRESSIONS) {
    const { body, sysFlag } = sentBody(TEXT, { over: 4096, compression });
    assert(body.length < TEXT.length / 10, compression);
    assert.equal(sysFlag, SYS_FLAGS[compression]);
    const read = readBody(body, sysFlag);
    assert(read.state === "ok");
    assert.deepEqual(new Uint8Array(read.body), TEXT);
  }
});

Deno.test("sentBody() leaves what is small, or would not become smaller", () => {
  for (const compression of COMPRESSIONS) {
    const at = { over: TEXT.length, compression };
    assert.notEqual(sentBody(TEXT, at).sysFlag, 0);
    assert.deepEqual(sentBody(TEXT.subarray(1), at), { body: TEXT.subarray(1), sysFlag: 0 });
    assert.equal(sentBody(TEXT, { over: Infinity, compression }).sysFlag, 0);
    const noise = crypto.getRandomValues(new Uint8Array(5000));
    assert.deepEqual(sentBody(noise, { over: 1, compression }), { body: noise, sysFlag: 0 });
  }
});
