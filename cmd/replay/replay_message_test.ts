import assert from "node:assert/strict";
import { SYS_FLAG } from "../../store/format.ts";
import { parseProperties } from "../../store/properties.ts";
import { outgoing, type ReplayMessage, whyNotSent } from "./replay_message.ts";

function message(wish: Partial<ReplayMessage> = {}): ReplayMessage {
  return {
    position: 0,
    topic: "Orders",
    queueId: 1,
    sysFlag: 0,
    flag: 3,
    bornTimestamp: 1_700_000_000_000,
    storeTimestamp: 1_700_000_000_001,
    properties: {},
    body: new Uint8Array(3),
    isCompressed: false,
    ...wish,
  };
}

Deno.test("outgoing() keeps what the producer gave, and drops what would act a second time", () => {
  const properties = {
    UNIQ_KEY: "K",
    KEYS: "a b",
    TAGS: "t",
    城市: "杭州",
    DELAY: "3",
    REAL_TOPIC: "Orders",
    TRAN_MSG: "true",
    "__CRC32#": "0000000001",
    MSG_REGION: "DefaultRegion",
  };
  const sent = outgoing(message({ properties }));
  assert.deepEqual(Object.fromEntries(parseProperties(sent.properties)), {
    UNIQ_KEY: "K",
    KEYS: "a b",
    TAGS: "t",
    城市: "杭州",
  });
  assert.deepEqual([sent.flag, sent.sysFlag], [3, 0]);
});

Deno.test("outgoing() says that a body is compressed only where it is", () => {
  const sysFlag = SYS_FLAG.compressed | SYS_FLAG.compressionLz4 | SYS_FLAG.transactionCommit |
    SYS_FLAG.bornHostV6;
  assert.equal(outgoing(message({ sysFlag })).sysFlag, 0);
  assert.equal(
    outgoing(message({ sysFlag, isCompressed: true })).sysFlag,
    SYS_FLAG.compressed | SYS_FLAG.compressionLz4,
  );
});

Deno.test("whyNotSent() never lets halves through, and a broker's own topics when they are named", () => {
  assert.equal(whyNotSent(message(), false), undefined);
  const commit = message({ sysFlag: SYS_FLAG.transactionCommit });
  assert.equal(whyNotSent(commit, false), undefined);
  const half = message({ sysFlag: SYS_FLAG.transactionPrepared });
  assert.match(whyNotSent(half, true)!, /half/);
  for (const topic of ["%DLQ%billing", "%RETRY%billing", "SCHEDULE_TOPIC_XXXX"]) {
    assert.match(whyNotSent(message({ topic }), false)!, /own topics/);
    assert.equal(whyNotSent(message({ topic }), true), undefined);
  }
});
