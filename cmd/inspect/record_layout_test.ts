import assert from "node:assert/strict";
import { BLANK, MAGIC } from "../../store/format.ts";
import { CRC_PROPERTY_PLACE } from "../../store/property_crc.ts";
import { readTruth, storeInMemory, storeNames } from "../../testdata/fixture.ts";
import { record } from "../../testdata/recorded_terminal.ts";
import { recordBytes, sampleMessage, SmallLog } from "../../testdata/small_log.ts";
import { layoutRows, sysFlagText } from "./record_layout.ts";

const PLACE = { offset: 0, start: 0, room: 4096 };

Deno.test("layoutRows accounts for every byte of every record Java reads, with Java's values", () => {
  for (const name of storeNames().filter((it) => /-(a-clean|e-)/.test(it))) {
    const files = storeInMemory(name);
    for (const truth of readTruth(name).log) {
      const file = [...files.snapshot()].filter(([path]) => path.includes("/commitlog/"))
        .map(([path, bytes]) => ({ start: Number(path.split("/").at(-1)), bytes }))
        .findLast(({ start }) => start <= truth.commitLogOffset)!;
      const at = truth.commitLogOffset - file.start;
      const rows = layoutRows(file.bytes.slice(at, at + truth.storeSize), {
        offset: truth.commitLogOffset,
        start: file.start,
        room: file.bytes.length - at,
      });
      let end = truth.commitLogOffset;
      for (const row of rows) {
        assert.equal(row.commitLogOffset, end, `${name} ${row.field}`);
        assert.equal(row.fileOffset, end - file.start);
        assert.equal(row.wrong, undefined, `${name} ${row.field}: ${row.meaning}`);
        end += row.length;
      }
      assert.equal(end - truth.commitLogOffset, truth.storeSize);
      const values = Object.fromEntries(rows.map((row) => [row.field, row.value]));
      assert.deepEqual(
        [values.topic, values.queueOffset, values.bornTimestamp, values.sysFlag],
        [truth.topic, truth.queueOffset, truth.bornTimestamp, truth.sysFlag],
      );
      for (const [property, value] of Object.entries(truth.properties)) {
        assert.equal(values[`property ${property}`], value);
      }
      if (name.endsWith("a-clean-102")) continue;
      break;
    }
  }
});

Deno.test("layoutRows says which field of a damaged record is wrong, and shows what is left", () => {
  const sound = recordBytes(sampleMessage());
  const wrongOf = (change: (bytes: DataView) => void) => {
    const bytes = sound.slice();
    change(new DataView(bytes.buffer));
    return layoutRows(bytes, PLACE).filter((row) => row.wrong).map((row) => row.field).join(" ");
  };
  assert.equal(wrongOf(() => {}), "");
  assert.equal(wrongOf((it) => it.setInt32(4, 7)), "magic");
  assert.equal(wrongOf((it) => it.setInt32(0, 5000)), "totalSize (end)");
  assert.equal(wrongOf((it) => it.setInt32(28, 1)), "physicalOffset");
  assert.equal(wrongOf((it) => it.setUint8(90, 0)), "body");
  assert.equal(wrongOf((it) => it.setInt32(84, 100_000)), "body");
  assert.equal(wrongOf((it) => it.setInt32(84, -1)), "body");
  assert.equal(wrongOf((it) => it.setInt8(92, -3)), "topic");
});

Deno.test("layoutRows never fails, wherever a record is cut", () => {
  const bytes = recordBytes(
    sampleMessage({ properties: `KEYS\u0001k\u0002${CRC_PROPERTY_PLACE}` }),
  );
  for (let length = 0; length < bytes.length; length++) {
    const rows = layoutRows(bytes.subarray(0, length), { ...PLACE, room: length });
    assert.equal(rows.at(-1)!.wrong, true, `${length} bytes`);
  }
});

Deno.test("layoutRows judges the seal of a record", () => {
  const bytes = recordBytes(sampleMessage({ properties: CRC_PROPERTY_PLACE }));
  const sealOf = () => layoutRows(bytes, PLACE).at(-1)!;
  assert.deepEqual([sealOf().field, sealOf().wrong], ["property __CRC32#", undefined]);
  bytes[20]!++;
  assert.equal(sealOf().wrong, true);
});

Deno.test("layoutRows shows a filler", () => {
  const bytes = new Uint8Array(16);
  BLANK.write(new DataView(bytes.buffer), 0, { length: 16, magic: MAGIC.blank });
  const rows = layoutRows(bytes, { ...PLACE, room: 16 });
  assert.deepEqual(rows.map((row) => [row.field, row.wrong]), [
    ["length", undefined],
    ["magic", undefined],
  ]);
  assert.equal(layoutRows(bytes, { ...PLACE, room: 17 })[0]!.wrong, true);
});

Deno.test("sysFlagText names every bit", () => {
  assert.equal(sysFlagText(0), "no bit is set");
  assert.equal(sysFlagText(0x1), "compressed (zlib)");
  assert.equal(sysFlagText(0x101 | 0x30), "compressed (lz4), born host IPv6, store host IPv6");
  assert.equal(sysFlagText(0x4), "half message");
  assert.equal(sysFlagText(0x8), "committed");
  assert.equal(sysFlagText(0xc), "rolled back");
  assert.equal(
    sysFlagText(0xc2 | 0x8000),
    "multi tags, to be unwrapped, batch, unknown bits 00008000",
  );
});

Deno.test("mq inspect commitlog --layout says what covers an offset where no record starts", async () => {
  const log = new SmallLog(1024).addMany(12);
  const layout = async (offset: number) => {
    const args = ["inspect", "commitlog", "store", "--layout", `${offset}`, "-o", "jsonl"];
    const { stderr, exitCode } = await record(args, { files: log.files });
    return `${exitCode} ${stderr.trim()}`;
  };
  const { at } = log.records[3]!;
  assert.match(await layout(at), /^0 mq: .*00000000000000000000, from byte/);
  assert.match(
    await layout(at + 5),
    new RegExp(`^8 .*the one at ${at} covers it; see --layout ${at}`),
  );
  assert.match(await layout(log.blanks[0]!.at), /^0 /);
  assert.match(await layout(log.blanks[0]!.at + 9), /^8 .*on the file is filled up/);
  assert.match(await layout(log.end + 8), new RegExp(`^8 .*the log ends at ${log.end}`));
  assert.match(
    await layout(99_999),
    /^8 .*No file of the log has offset 99999: they hold 0 to 2048/,
  );
  log.flip(at + 4);
  assert.match(await layout(at), /^4 /);
  assert.match(await layout(at + 5), new RegExp(`^8 .* bytes from ${at} on are damaged`));
});
