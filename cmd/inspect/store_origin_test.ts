import assert from "node:assert/strict";
import { MAGIC } from "../../store/format.ts";
import { storePaths } from "../../store/names.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { originText, type RecordSigns, storeOrigin } from "./store_origin.ts";

const PLAIN: RecordSigns = { magics: new Set([MAGIC.v1]), sysFlags: 0, isSealed: false };

Deno.test("storeOrigin names no release later than the one that wrote a store, and tells 5.x from 4.x", () => {
  for (const name of storeNames()) {
    const origin = storeOrigin(storeInMemory(name), storePaths("store"), PLAIN);
    const [major, minor] = name.split(".").map(Number);
    const [seenMajor, seenMinor = 0] = origin.releaseMin.split(".").map(Number);
    assert.equal(seenMajor, major, `${name}: ${origin.because}`);
    assert(seenMinor <= minor!, `${name}: ${origin.because}`);
  }
});

Deno.test("storeOrigin goes by the records where there is nothing else", () => {
  const of = (signs: Partial<RecordSigns>) => {
    return originText(storeOrigin(storeInMemory("4.2.0-a-clean-103"), undefined, {
      ...PLAIN,
      ...signs,
    }));
  };
  assert.equal(of({}), "RocketMQ 4.x, or a later release");
  assert.equal(of({ sysFlags: 0x10 }), "RocketMQ 4.x, 4.6 or later");
  assert.equal(of({ sysFlags: 0x80 }), "RocketMQ 5.x");
  assert.equal(of({ magics: new Set([MAGIC.v2]) }), "RocketMQ 5.x, 5.1 or later");
  assert.equal(of({ isSealed: true, sysFlags: 0x10 }), "RocketMQ 5.x, 5.2 or later");
});

Deno.test("storeOrigin names mq where mq left files of its own", () => {
  const files = storeInMemory("4.9.7-a-clean-101");
  const paths = storePaths("store");
  assert.equal(storeOrigin(files, paths, PLAIN).hasMq, false);
  files.put(paths.queueEnds, new Uint8Array(1));
  assert.match(originText(storeOrigin(files, paths, PLAIN)), /, and mq$/);
});
