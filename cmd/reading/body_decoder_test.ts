import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fs from "node:fs";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { BodyDecoder, wordsOf } from "./body_decoder.ts";

const isDeno = "Deno" in globalThis && process.versions.bun === undefined;

/** Runs a test with a program in the runtime's own language. */
async function withProgram(
  text: string,
  use: (decoder: BodyDecoder) => Promise<void>,
  options: { readonly answerMsMax?: number; readonly endMsMax?: number } = {},
): Promise<void> {
  const folder = fs.mkdtempSync(join(os.tmpdir(), "mq decoder "));
  const path = join(folder, "decode.mjs");
  fs.writeFileSync(path, text);
  try {
    const run = isDeno ? "run --quiet" : "run";
    await using decoder = new BodyDecoder(`${process.execPath} ${run} "${path}"`, options);
    await use(decoder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const LINES = `
import { createInterface } from "node:readline";
import process from "node:process";
const lines = createInterface({ input: process.stdin });
`;

Deno.test("BodyDecoder gives each body its own answer, in order, however many wait", async () => {
  const program =
    `${LINES} for await (const line of lines) console.log(line.length / 2 + ":" + line);`;
  await withProgram(program, async (decoder) => {
    const bodies = Array.from({ length: 300 }, (_, nth) => Buffer.alloc(nth * 7 % 500, nth));
    const answers = await Promise.all(bodies.map((body, nth) => decoder.decode(body, nth)));
    assert.deepEqual(answers, bodies.map((body) => `${body.length}:${body.toString("hex")}`));
  });
});

Deno.test("BodyDecoder says for which message its program ended, how, and its last words", async () => {
  const program = `${LINES} for await (const line of lines) {
    if (line === "02") { console.error("first\\ncannot read 02"); process.exitCode = 3; break; }
    console.log("fine");
  } lines.close(); process.stdin.destroy();`;
  await withProgram(program, async (decoder) => {
    assert.equal(await decoder.decode(Buffer.from([1]), 100), "fine");
    await assert.rejects(decoder.decode(Buffer.from([2]), 200), {
      name: "Failure",
      exitCode: 8,
      message: /ended with 3 before it answered for the message at 200: cannot read 02$/,
    });
    await assert.rejects(decoder.decode(Buffer.from([3]), 300), /ended with 3/);
  });
});

Deno.test("BodyDecoder refuses a program that is not there, and one that is not named", async () => {
  await assert.rejects(async () => {
    await using decoder = new BodyDecoder("no-such-decoder --x");
    await decoder.decode(Buffer.from([1]), 0);
  }, /Cannot run decoder "no-such-decoder --x": no such program/);
  assert.throws(() => new BodyDecoder("  "), { exitCode: 16 });
});

Deno.test("BodyDecoder does not wait without end for a program that gathers its output", async () => {
  const program = `${LINES} for await (const line of lines) { /* says nothing */ }`;
  await withProgram(program, async (decoder) => {
    const answers = [1, 2].map((nth) => decoder.decode(Buffer.from([nth]), nth * 100));
    for (const answer of answers) {
      await assert.rejects(answer, /did not answer for the message at 100 within 300 ms: it must/);
    }
  }, { answerMsMax: 300 });
});

Deno.test("BodyDecoder refuses a program that answers a body with two lines, at the end, too", async () => {
  const program = `${LINES} for await (const line of lines) console.log("{\\n}");`;
  await withProgram(program, async (decoder) => {
    await decoder.decode(Buffer.from([1]), 100);
    await assert.rejects(decoder.finish(), {
      exitCode: 8,
      message: /more lines than it was given/,
    });
  });
});

Deno.test("BodyDecoder refuses lines more where the last of them has no end", async () => {
  const program = `${LINES} for await (const line of lines) process.stdout.write("a\\nb");`;
  await withProgram(program, async (decoder) => {
    await decoder.decode(Buffer.from([1]), 100);
    await assert.rejects(decoder.finish(), /more lines than it was given/);
  });
});

Deno.test("BodyDecoder does not wait without end for a program that stays after its input", async () => {
  const program = `${LINES} process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);
    for await (const line of lines) console.log("fine");`;
  await withProgram(program, async (decoder) => {
    assert.equal(await decoder.decode(Buffer.from([1]), 100), "fine");
    await decoder.finish();
  }, { endMsMax: 50 });
});

Deno.test("wordsOf cuts at blanks but not in quotes, and knows no other rule", () => {
  assert.deepEqual(wordsOf(`a  -b 'c d' "e 'f" $X;|`), ["a", "-b", "c d", "e 'f", "$X;|"]);
  assert.deepEqual(wordsOf(""), []);
});
