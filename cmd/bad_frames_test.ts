import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { join } from "node:path";
import { whileRunning } from "../testdata/recorded_server.ts";
import { inFolder } from "../testdata/temporary_folder.ts";

function int32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeInt32BE(value, 4 * at);
  return bytes;
}

function frame(header: string): Buffer {
  return Buffer.concat([int32(4 + header.length, header.length), Buffer.from(header)]);
}

/** What no client of RocketMQ sends; each ends its connection. */
const WRONG: Readonly<Record<string, Uint8Array>> = {
  "an HTTP request": Buffer.from("GET / HTTP/1.1\r\nHost: mq\r\n\r\n"),
  "a TLS hello": Buffer.from(`160301007a010000760303${"5a".repeat(120)}`, "hex"),
  "an SSH greeting": Buffer.from("SSH-2.0-OpenSSH_9.6\r\n"),
  "text": Buffer.from("hello\n"),
  "a length of nothing": Buffer.concat([int32(0), Buffer.alloc(64)]),
  "a negative length": Buffer.concat([int32(-1), Buffer.alloc(64)]),
  "a length past every limit": Buffer.concat([int32(0x7fff_ffff), Buffer.alloc(64)]),
  "a length just past the limit": Buffer.concat([int32(16_777_217), Buffer.alloc(64)]),
  "a header longer than its frame": Buffer.concat([int32(8, 100), Buffer.alloc(4)]),
  "an unknown form of header": Buffer.concat([int32(12, 0x7f00_0004), Buffer.alloc(8)]),
  "a header that is no JSON": frame("{not json"),
  "a header that is no object": frame("[1,2,3]"),
  "a code that is no number": frame('{"code":"SEND","opaque":1}'),
};

/** Sends bytes and returns what comes back until the server closes. */
function exchange(address: string, bytes: Uint8Array, { isEnd = false } = {}): Promise<Buffer> {
  const [host, port] = address.split(":");
  const answered = Promise.withResolvers<Buffer>();
  const blocks: Uint8Array[] = [];
  const socket = connect(
    Number(port),
    host!,
    () => isEnd ? socket.end(bytes) : socket.write(bytes),
  );
  socket.on("data", (block) => blocks.push(block));
  // What was sent behind the wrong bytes is unread when the server closes: the system resets.
  socket.on("error", () => {});
  socket.on("close", () => answered.resolve(Buffer.concat(blocks)));
  return answered.promise;
}

/** Asks for something no server knows, and gets the answer that it does not. */
async function isServed(address: string): Promise<boolean> {
  const answer = await exchange(address, frame('{"code":32001,"opaque":7}'), { isEnd: true });
  return answer.includes('"opaque":7');
}

/** So many lines of a kind stand in the log in a minute. */
const LINES_MAX = 10;

Deno.test("bytes that are no frame end their connection, with a line in the log, and nothing else", async () => {
  await inFolder(async (folder) => {
    const store = join(folder, "store");
    const args = ["start", "--store", store, "--port", "0", "--namesrv-port", "0"];
    let connections = 0;
    const run = await whileRunning(args, async ({ namesrv, broker }) => {
      for (const address of [namesrv!, broker!]) {
        for (const [name, bytes] of Object.entries(WRONG)) {
          connections++;
          assert.equal((await exchange(address, bytes)).length, 0, name);
          assert(await isServed(address), `${name} to ${address}`);
        }
      }
    });
    const complaints = run.stderr.split("\n").filter((line) => line.includes(" closed: "));
    assert(connections > LINES_MAX);
    assert.equal(complaints.length, LINES_MAX, run.stderr);
    assert.match(run.stderr, /More lines like the last one are left out for a minute/);
    for (const line of complaints) {
      assert.match(line, / warn +Connection of 127\.0\.0\.1:\d+ closed: Cannot decode \w+: .+/);
      assert(line.length < 300, line);
    }
    assert.equal(run.exitCode, 0);
  });
});

Deno.test("a client that leaves in the middle of a frame is no event", async () => {
  await inFolder(async (folder) => {
    const store = join(folder, "store");
    const args = ["start", "--store", store, "--port", "0", "--namesrv-port", "0"];
    const run = await whileRunning(args, async ({ namesrv, broker }) => {
      for (const address of [namesrv!, broker!]) {
        for (const bytes of [Buffer.alloc(0), int32(100).subarray(0, 3), int32(100, 90)]) {
          assert.equal((await exchange(address, bytes, { isEnd: true })).length, 0);
          assert(await isServed(address));
        }
      }
    });
    assert.doesNotMatch(run.stderr, / closed: /);
  });
});
