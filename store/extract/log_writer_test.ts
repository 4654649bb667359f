import assert from "node:assert/strict";
import { scanItems } from "../../testdata/scan_items.ts";
import { recordBytes, sampleMessage, SmallLog } from "../../testdata/small_log.ts";
import { MemoryFiles } from "../file_memory.ts";
import { CRC_PROPERTY_PLACE } from "../property_crc.ts";
import { RecordView } from "../record_view.ts";
import { LogWriter } from "./log_writer.ts";

function viewOf(properties: string, body = 10): RecordView {
  const bytes = recordBytes(sampleMessage({ properties, body: new Uint8Array(body) }));
  const record = new RecordView();
  record.attach(bytes);
  assert.equal(record.load(0, bytes.length), undefined);
  return record;
}

Deno.test("LogWriter writes files as a broker does: fillers, offsets, indexes, seals", () => {
  const fs = new MemoryFiles();
  fs.makeDirectory("log");
  const writer = new LogWriter(fs, "log", 1024);
  const small = new SmallLog(1024);
  for (let number = 0; number < 40; number++) {
    const properties = number % 2 === 0 ? "a\u0001b\u0002" : `a\u0001b\u0002${CRC_PROPERTY_PLACE}`;
    const at = writer.append(viewOf(properties), 100 + number);
    const place = small.add({ properties, queueOffset: 100 + number, body: new Uint8Array(10) });
    assert.equal(at, place.at);
  }
  writer.close();
  assert.equal(writer.end, small.end);
  const made = fs.snapshot();
  for (const [path, bytes] of small.files.snapshot()) {
    assert.deepEqual(made.get(path.replace("store/commitlog", "log")), bytes, path);
  }
});

Deno.test("LogWriter writes records larger than its block, and refuses those larger than a file", () => {
  const fs = new MemoryFiles();
  fs.makeDirectory("log");
  const writer = new LogWriter(fs, "log", 4 * 1024 * 1024);
  writer.append(viewOf("", 100), 0);
  writer.append(viewOf("", 2_000_000), 1);
  writer.append(viewOf("", 100), 2);
  assert.throws(() => writer.append(viewOf("", 4 * 1024 * 1024), 3), /Cannot copy the record at 0/);
  writer.close();
  const items = scanItems(fs, "log");
  assert.deepEqual(items.map((it) => it.kind), ["message", "message", "message", "tail"]);
});
