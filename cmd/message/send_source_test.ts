import assert from "node:assert/strict";
import { MemoryFiles } from "../../store/file_memory.ts";
import { recordedTerminal } from "../../testdata/recorded_terminal.ts";
import { sendSource, type SourceOptions } from "./send_source.ts";

const files = new MemoryFiles();
files.put("body.bin", Uint8Array.of(0xff, 0, 0x0a));

async function bodiesOf(options: SourceOptions, stdin?: string | Uint8Array, topic = "T") {
  const { terminal } = recordedTerminal({ files, ...(stdin !== undefined && { stdin }) });
  const all = await Array.fromAsync(sendSource(terminal, topic, options));
  return all.map(({ message: { body } }) => {
    return typeof body === "string" ? body : new TextDecoder("latin1").decode(body);
  });
}

Deno.test("sendSource() repeats one body, from an option, a file, or all of the pipe", async () => {
  assert.deepEqual(await bodiesOf({ body: "a" }), ["a"]);
  assert.deepEqual(await bodiesOf({ body: "a", count: 3 }), ["a", "a", "a"]);
  assert.deepEqual(await bodiesOf({ file: "body.bin" }), ["\xff\0\n"]);
  assert.deepEqual(await bodiesOf({ file: "-" }, "a\nb\n"), ["a\nb\n"]);
  assert.deepEqual(await bodiesOf({ body: "" }), [""]);
});

Deno.test("sendSource() takes lines, and no empty ones", async () => {
  assert.deepEqual(await bodiesOf({ lines: true }, "a\n\nb\r\nc"), ["a", "b", "c"]);
  assert.deepEqual(await bodiesOf({ lines: true, count: 2 }, "a\nb\nc\n"), ["a", "b"]);
  assert.deepEqual(await bodiesOf({ lines: true, count: 2 }, "a\n\n\nb\nc\n"), ["a", "b"]);
  assert.deepEqual(await bodiesOf({ lines: true }, Uint8Array.of(0xff, 0x0a)), ["\xff"]);
  assert.deepEqual(await bodiesOf({ json: true }, '{"body":"a"}\n\n{"body":7}\n'), ["a", "7"]);
});

Deno.test("sendSource() counts lines from 1, empty ones, too", async () => {
  await assert.rejects(
    bodiesOf({ json: true }, '{"body":"a"}\n\n{"bod'),
    /Cannot send line 3: it is no/,
  );
});

Deno.test("sendSource() refuses options that cannot be meant before it reads anything", () => {
  const { terminal } = recordedTerminal({ files });
  const refused = (options: SourceOptions, topic?: string) => {
    assert.throws(() => sendSource(terminal, topic, options), { exitCode: 16 });
  };
  refused({}, "T");
  refused({ body: "a", lines: true }, "T");
  refused({ body: "a" });
  refused({ lines: true });
  refused({ body: "a", delay: { delayLevel: 1 }, deliverAt: "now" }, "T");
  refused({ body: "a", deliverAt: "soon" }, "T");
  refused({ body: "a", property: ["x"] }, "T");
  sendSource(terminal, undefined, { json: true });
});

Deno.test("sendSource() says which file cannot be read", async () => {
  files.makeDirectory("folder");
  await assert.rejects(bodiesOf({ file: "gone" }), {
    exitCode: 8,
    message: /"gone": no such file/,
  });
  await assert.rejects(bodiesOf({ file: "folder" }), { exitCode: 8, message: /it is a folder/ });
  await assert.rejects(bodiesOf({ lines: true }), { exitCode: 8, message: /there is none/ });
});
