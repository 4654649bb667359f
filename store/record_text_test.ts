import assert from "node:assert/strict";
import { recordBytes, sampleMessage } from "../testdata/small_log.ts";
import { propertiesOf, topicOf } from "./record_text.ts";
import { RecordView } from "./record_view.ts";

Deno.test("topicOf() and propertiesOf() decode what a record holds, wherever it stands", () => {
  const bytes = recordBytes(sampleMessage({ topic: "T_标签", properties: "城市\u0001杭州\u0002" }));
  const around = new Uint8Array(bytes.length + 20);
  around.set(bytes, 10);
  const record = new RecordView();
  record.attach(around.subarray(3));
  assert.equal(record.load(7, 7 + bytes.length), undefined);
  assert.equal(topicOf(record), "T_标签");
  assert.equal(propertiesOf(record), "城市\u0001杭州\u0002");
});
