import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import { bytesOf, capturedBodies, jsonOf } from "../../testdata/bodies.ts";
import { decodeHeader } from "./headers.ts";
import { BodyError } from "./json_body.ts";
import {
  formatRegisterBody,
  parseRegisterBody,
  registerBodyCrc,
  type RegisterBrokerBody,
} from "./register_body.ts";

const MODERN = 479;

Deno.test("parseRegisterBody() reads every registration, registerBodyCrc() agrees with all", () => {
  const seen = { plain: 0, compressed: 0, mislabelled: 0 };
  for (const { extFields, body, version } of capturedBodies("REGISTER_BROKER", "request")) {
    const { ok, problem } = decodeHeader("REGISTER_BROKER", extFields);
    assert.equal(problem, undefined);
    assert.equal(registerBodyCrc(body!), ok!.bodyCrc32);
    const compressed = ok!.compressed ?? false;
    const read = parseRegisterBody(body!, { compressed, version });
    assert(read.topics.topicConfigTable.size > 0);
    assert(read.topics.dataVersion.timestamp > 0);
    const isZlib = body![0] === 0x78;
    seen[isZlib ? compressed ? "compressed" : "mislabelled" : "plain"]++;
    if (isZlib) continue;
    assert.deepEqual(jsonOf(formatRegisterBody(read, { compressed: false })), jsonOf(body!));
  }
  assert(seen.plain > 0 && seen.compressed > 0 && seen.mislabelled > 0, JSON.stringify(seen));
});

Deno.test("parseRegisterBody() reads from compressed bodies what the same broker says plainly", () => {
  const bodies = capturedBodies("REGISTER_BROKER", "request").filter(({ body }) =>
    body![0] === 0x78
  );
  for (const { body, version } of bodies) {
    const { topics } = parseRegisterBody(body!, { compressed: true, version });
    for (const [name, topic] of topics.topicConfigTable) {
      assert.equal(topic.topicName, name);
      assert.match(topic.topicFilterType, /^(SINGLE|MULTI)_TAG$/);
      assert(topic.readQueueNums > 0 && topic.perm > 0);
    }
    assert.equal(topics.topicConfigTable.get("TBW102")?.perm ?? 7, 7);
  }
});

Deno.test("formatRegisterBody() compressed is read back, but for what the form cannot hold", () => {
  const body = registration();
  const written = formatRegisterBody(body, { compressed: true });
  for (const compressed of [true, false]) {
    assert.deepEqual(parseRegisterBody(written, { compressed, version: MODERN }), body);
  }
});

Deno.test("parseRegisterBody() of an ancient broker is the topics alone", () => {
  const body = bytesOf(
    '{"dataVersion":{"counter":1,"timestamp":2},"topicConfigTable":{"T":{"perm":2}}}',
  );
  const { topics } = parseRegisterBody(body, { compressed: false, version: 36 });
  assert.equal(topics.topicConfigTable.get("T")?.perm, 2);
});

Deno.test("parseRegisterBody() refuses what is neither form", () => {
  const good = formatRegisterBody(registration(), { compressed: true });
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ["empty", new Uint8Array()],
    ["not JSON", bytesOf("{{")],
    ["not zlib", bytesOf("x nothing of the kind")],
    ["zlib of nothing", deflateSync(Buffer.alloc(0))],
    ["negative length", deflateSync(Buffer.from([255, 255, 255, 255]))],
    ["length past the end", deflateSync(Buffer.from([0, 0, 0, 9, 0x7b]))],
    ["not UTF-8", deflateSync(Buffer.from([0, 0, 0, 1, 0xff]))],
    ["not JSON inside", deflateSync(Buffer.from([0, 0, 0, 1, 0x7b]))],
    ["topic of two words", deflateSync(texts("{}", 1, "T 1"))],
    ["a million topics", deflateSync(texts("{}", 1_000_000))],
    ["wrong checksum", wrongChecksum(good)],
  ];
  for (const [name, body] of cases) {
    const context = { compressed: false, version: MODERN };
    assert.throws(() => parseRegisterBody(new Uint8Array(body), context), BodyError, name);
  }
  for (let length = 1; length < good.length; length++) {
    const context = { compressed: true, version: MODERN };
    assert.throws(
      () => parseRegisterBody(good.subarray(0, length), context),
      BodyError,
      `${length}`,
    );
  }
});

function wrongChecksum(body: Uint8Array): Uint8Array {
  const copy = body.slice();
  copy[copy.length - 1]! ^= 1;
  return copy;
}

Deno.test("parseRegisterBody() unfolds as much as a frame may hold, to the byte", () => {
  const context = { compressed: true, version: MODERN };
  for (const [size, isRead] of [[16_777_216, true], [16_777_217, false]] as const) {
    const around = texts("{}", 0, "[]", 0).length;
    const body = deflateSync(texts("{}", 0, `[${" ".repeat(size - around)}]`, 0));
    if (isRead) assert.equal(parseRegisterBody(body, context).topics.topicConfigTable.size, 0);
    else assert.throws(() => parseRegisterBody(body, context), BodyError);
  }
});

Deno.test("parseRegisterBody() stops unfolding at the size of a frame", () => {
  const bomb = new Uint8Array(deflateSync(Buffer.alloc(40_000_000)));
  assert.throws(() => parseRegisterBody(bomb, { compressed: true, version: MODERN }), {
    message: "Cannot read body of registration: it unfolds to more than 16777216 bytes",
  });
});

function registration(): RegisterBrokerBody {
  const topic = {
    readQueueNums: 4,
    writeQueueNums: 8,
    perm: 6,
    topicFilterType: "SINGLE_TAG",
    topicSysFlag: 0,
    order: false,
  };
  const fifo = new Map([["message.type", "FI FO"]]);
  return {
    topics: {
      dataVersion: { counter: 1, timestamp: 2, stateVersion: 3 },
      topicConfigTable: new Map([
        ["%RETRY%G", { ...topic, topicName: "%RETRY%G", attributes: undefined }],
        ["T", { ...topic, topicName: "T", attributes: fifo }],
      ]),
      topicQueueMappingInfoMap: undefined,
    },
    filterServerList: ["10.0.0.1:7"],
  };
}

/** Length-prefixed texts, numbers as they are. */
function texts(...parts: (string | number)[]): Buffer {
  return Buffer.concat(parts.map((part) => {
    const head = Buffer.alloc(4);
    head.writeInt32BE(typeof part === "number" ? part : part.length);
    return typeof part === "number" ? head : Buffer.concat([head, Buffer.from(part)]);
  }));
}
