import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { request } from "./command.ts";
import { decodeFrame } from "./frame_reader.ts";
import { encodeFrame, FrameWriter } from "./frame_writer.ts";

Deno.test("FrameWriter gathers frames into one block and leaves a taken block alone", () => {
  const writer = new FrameWriter({ blockBytes: 64 });
  const given = [1, 2, 3].map((opaque) =>
    request("PUT_KV_CONFIG", { opaque, extFields: { key: "k".repeat(opaque * 40) } })
  );
  writer.frame(given[0]!);
  writer.frame(given[1]!);
  const block = writer.take();
  assert.equal(writer.length, 0);
  writer.frame(given[2]!);
  const expected = Buffer.concat(given.slice(0, 2).map((one) => encodeFrame(one)));
  assert(Buffer.compare(block, expected) === 0);
  assert(Buffer.compare(writer.take(), encodeFrame(given[2]!)) === 0);
  assert.equal(writer.take().length, 0);
});

Deno.test("FrameWriter appends nothing of a command that does not fit", () => {
  const writer = new FrameWriter();
  writer.frame(request("HEART_BEAT", { opaque: 1 }));
  const { length } = writer;
  const extFields = { ["k".repeat(0x8000)]: "v" };
  assert.throws(
    () => writer.frame(request("HEART_BEAT", { opaque: 2, serialize: "ROCKETMQ", extFields })),
    {
      name: "RangeError",
      message: "Cannot encode frame: key of field is 32768 bytes, limit is 32767",
    },
  );
  assert.equal(writer.length, length);
  const huge = { k: "v".repeat(2 ** 24) };
  assert.throws(
    () => writer.frame(request("HEART_BEAT", { opaque: 2, extFields: huge })),
    RangeError,
  );
  assert.equal(writer.length, length);
});

Deno.test("encodeFrame() cuts codes to 16 bits in the binary header, as Java does", () => {
  const pop = request("POP_MESSAGE", { opaque: 1, serialize: "ROCKETMQ" });
  assert.equal(decodeFrame(encodeFrame(pop)).code, 3442);
  assert.equal(decodeFrame(encodeFrame({ ...pop, serialize: "JSON" })).code, 200050);
});
