import assert from "node:assert/strict";
import { SmallLog } from "../../testdata/small_log.ts";
import { MESSAGE_V1 } from "../format.ts";
import { RECORD_BYTES_MIN } from "../record_view.ts";
import { listSegments } from "../segments.ts";
import { JavaLogCursor } from "./java_log_cursor.ts";
import { withCrcPlace } from "../property_crc.ts";
import { JAVA_RULES, type JavaRelease, javaRules } from "./java_release.ts";

/** What a release finds in the first file, with the bytes it went on by. */
function read(
  log: SmallLog,
  { release = "5.x" as JavaRelease, checkCrc = true, forceVerifyPropCRC = false } = {},
): string {
  const cursor = new JavaLogCursor(log.files, javaRules(release, { forceVerifyPropCRC }));
  cursor.enter(listSegments(log.files, log.directory).segments[0]!);
  const items: string[] = [];
  for (;;) {
    const item = cursor.next({ checkCrc });
    items.push(item);
    if (item === "blank" || item === "invalid") break;
  }
  cursor.close();
  return items.join(" ");
}

Deno.test("JavaLogCursor reads records up to the filler, or to room never written", () => {
  assert.equal(read(new SmallLog(320).addMany(3)), "message message blank");
  assert.equal(read(new SmallLog(4096).addMany(3)), "message message message invalid");
});

Deno.test("JavaLogCursor ends at a flipped body, unless bodies are not checked", () => {
  const log = new SmallLog(4096).addMany(3);
  log.flip(log.records[1]!.at + MESSAGE_V1.at.bornHost + 40);
  assert.equal(read(log), "message invalid");
  assert.equal(read(log, { checkCrc: false }), "message message message invalid");
});

Deno.test("JavaLogCursor does not compare where a record says it stands", () => {
  const log = new SmallLog(4096).addMany(2);
  log.flip(log.records[1]!.at + MESSAGE_V1.at.physicalOffset + 6);
  assert.equal(read(log), "message message invalid");
});

Deno.test("JavaLogCursor: lengths that do not add up make a half message, sound otherwise", () => {
  const log = new SmallLog(4096).addMany(3);
  // One byte more than the fields have.
  log.flip(log.records[1]!.at + MESSAGE_V1.at.totalSize + 3, 1);
  assert.match(read(log), /^message half/);
});

Deno.test("JavaLogCursor: a record that passes the end of its file is none", () => {
  const log = new SmallLog(4096).addMany(1);
  const { at } = log.records[0]!;
  log.flip(at + MESSAGE_V1.at.totalSize + 1, 1);
  // 4.x finds the fields sound and only their sum wrong.
  assert.match(read(log, { release: "4.9" }), /^half/);
  assert.equal(read(log, { release: "5.x" }), "invalid");
});

Deno.test("JavaLogCursor: bytes of every kind end the log and never throw", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const log = new SmallLog(1024).addMany(4);
    let state = seed;
    const random = (below: number) => (state = state * 48271 % 0x7fffffff) % below;
    const at = log.records[random(4)]!.at;
    for (let count = 0; count < 3; count++) log.flip(at + random(RECORD_BYTES_MIN), 1 << random(8));
    for (const release of Object.keys(JAVA_RULES) as JavaRelease[]) {
      assert.match(read(log, { release }), /(invalid|blank)$/, `seed ${seed}`);
    }
  }
});

Deno.test("JavaLogCursor asks for seals only where the broker is told to, and then not for bodies", () => {
  const seal = withCrcPlace("a\u0001b\u0002");
  const sealed = () => new SmallLog(4096).addMany(3, { properties: seal });
  const force = { forceVerifyPropCRC: true };
  assert.equal(read(sealed(), force), "message message message invalid");
  const unsealed = new SmallLog(4096).addMany(3);
  assert.equal(read(unsealed, force), "invalid");
  assert.equal(read(unsealed, { ...force, release: "4.9" }), "message message message invalid");
  const flipped = sealed();
  flipped.flip(flipped.records[1]!.at + MESSAGE_V1.at.flag);
  assert.equal(read(flipped), "message message message invalid");
  assert.equal(read(flipped, force), "message invalid");
  assert.equal(read(flipped, { ...force, checkCrc: false }), "message message message invalid");
  // The stored CRC of the body is wrong, and was when the record was sealed.
  const wrongBody = new SmallLog(4096).addMany(2, { properties: seal, bodyCRC: 1 });
  assert.equal(read(wrongBody), "invalid");
  assert.equal(read(wrongBody, force), "message message invalid");
});
