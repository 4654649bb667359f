import assert from "node:assert/strict";
import { CommitLogScan } from "../../store/commit_log_scan.ts";
import { MAGIC, MESSAGE_V1 } from "../../store/format.ts";
import { hostBytes } from "../../store/host.ts";
import { writeMessage } from "../../store/message.ts";
import { RecordView } from "../../store/record_view.ts";
import { listSegments } from "../../store/segments.ts";
import { storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { MessageJson } from "./message_json.ts";
import { messageRow } from "./message_rows.ts";

const text = (record: RecordView) => JSON.stringify(messageRow(record, {}));

/** What is put for a record, in the middle of memory with just enough room. */
function line(json: MessageJson, record: RecordView): string {
  const row = json.of(record);
  const bytes = new Uint8Array(3 + row.bytesMax);
  return new TextDecoder().decode(bytes.subarray(3, row.put(bytes, 3)));
}

Deno.test("MessageJson puts the row's JSON for every record of every store", () => {
  for (const name of storeNames()) {
    const files = storeInMemory(name);
    const scan = new CommitLogScan(files, listSegments(files, "store/commitlog"));
    const json = new MessageJson();
    while (scan.next()) {
      if (scan.kind === "message") assert.equal(line(json, scan.record), text(scan.record), name);
    }
  }
});

Deno.test("MessageJson puts the row's JSON for odd topics, hosts and properties", () => {
  const check = (topic: string, properties: string, ip = "10.0.0.1") => {
    const message = {
      totalSize: 0,
      magic: MAGIC.v1,
      bodyCRC: -1,
      queueId: -2,
      flag: -3,
      queueOffset: 2 ** 40 + 1,
      physicalOffset: 2 ** 45 + 3,
      sysFlag: ip.includes(":") ? 0x30 : 0,
      bornTimestamp: 1,
      bornHost: hostBytes(ip, 0),
      storeTimestamp: 2,
      storeHost: hostBytes(ip, 65_535),
      reconsumeTimes: 4,
      preparedTransactionOffset: 2 ** 33,
      body: new Uint8Array(3),
      topic,
      properties,
    };
    const totalSize = MESSAGE_V1.sizeOf(message);
    const bytes = new Uint8Array(totalSize + 7);
    writeMessage(new DataView(bytes.buffer), 7, { ...message, totalSize });
    const record = new RecordView();
    record.attach(bytes);
    assert.equal(record.load(7, bytes.length), undefined);
    const json = new MessageJson();
    for (const _ of [1, 2]) assert.equal(line(json, record), text(record), properties);
  };
  check("T", "");
  check("", "A\u0001b\u0002");
  check('quo"te\\', "A\u0001b");
  check("订单🚀", 'KEYS\u0001a "b" \\\u0002订\u0001é\u0002', "2001:db8::1");
  check("T", "A\u00011\u0002B\u00012\u0002A\u00013\u0002");
  check("T", "b\u0001x\u000210\u0001y\u00022\u0001z\u0002");
  check("T", "\u0001x\u0002A\u0001\u0002B\u0002\u0002C\u0001c\u0001d\u0002");
  check("T", "__proto__\u0001x\u0002A\u0001\n\u0002");
  check("T", `A\u0001${"x".repeat(2000)}\u0002`);
  check("T", 'A\u0001b\u0002 B\u0001:"x\u0002');
});
