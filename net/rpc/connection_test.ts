import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ScriptedSocket, turn } from "../../testdata/scripted_socket.ts";
import {
  type RemotingCommand,
  request,
  type RequestOptions,
  response,
  type SerializeType,
} from "../wire/command.ts";
import { encodeFrame, FrameReader } from "../wire/frame.ts";
import { parseTopicList } from "../wire/name_lists.ts";
import { type Call, LATER } from "./call.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { OutputBudget } from "./limits.ts";
import { Refusal } from "./refusal.ts";
import { type Family, routesOf } from "./routes.ts";
import { RpcError } from "./rpc_error.ts";

/** A connection over a scripted socket that serves one family. */
function open(family: Family = {}, options: ConnectionOptions = {}) {
  const socket = new ScriptedSocket();
  const logged: [string, unknown][] = [];
  const closed: Connection[] = [];
  const connection = Connection.over(socket, {
    routes: routesOf([family]),
    log: (text, cause) => logged.push([text, cause]),
    onClose: (connection) => closed.push(connection),
    ...options,
  });
  const feed = async (...commands: RemotingCommand[]) => {
    socket.feed(Buffer.concat(commands.map(encodeFrame)));
    await turn();
  };
  return {
    socket,
    connection,
    logged,
    closed,
    feed,
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

/** All frames that were written, whatever the writes they came in. */
function sent({ socket }: { socket: ScriptedSocket }): RemotingCommand[] {
  const reader = new FrameReader();
  const commands: RemotingCommand[] = [];
  for (const bytes of socket.writes) {
    reader.push(bytes);
    for (let it = reader.next(); it !== undefined; it = reader.next()) commands.push(it);
  }
  return commands;
}

function asks(opaque: number, options: Partial<RequestOptions> = {}): RemotingCommand {
  const extFields = { topic: "T", queueId: String(opaque) };
  return request("GET_MAX_OFFSET", { opaque, extFields, ...options });
}

const OFFSETS: Family = {
  GET_MAX_OFFSET: ({ header, body }) => ({ extFields: { offset: String(header.queueId) }, body }),
};

Deno.test("Connection answers with the opaque, the encoding and the answer bit", async () => {
  for (const serialize of ["JSON", "ROCKETMQ"] as SerializeType[]) {
    await using peer = open(OFFSETS, { version: 409 });
    await peer.feed(asks(7, { serialize, body: Uint8Array.of(1, 2) }));
    const [answer] = sent(peer);
    assert.deepEqual({ ...answer, body: [...answer?.body ?? []] }, {
      code: 0,
      language: "OTHER",
      version: 409,
      opaque: 7,
      flag: 1,
      remark: undefined,
      extFields: { offset: "7" },
      body: [1, 2],
      serialize,
    });
  }
});

Deno.test("Connection finds its frames wherever the bytes are split", async () => {
  const commands = [
    asks(1),
    asks(2, { serialize: "ROCKETMQ", body: new Uint8Array(50).fill(7) }),
    asks(3, { body: new Uint8Array(3) }),
  ];
  const bytes = Buffer.concat(commands.map(encodeFrame));
  const expected = commands.map((it) => [it.opaque, it.body?.length ?? 0]);
  for (let at = 0; at <= bytes.length; at++) {
    await using peer = open(OFFSETS);
    peer.socket.feed(bytes.subarray(0, at));
    await turn();
    peer.socket.feed(bytes.subarray(at));
    await turn();
    const found = sent(peer).map((it) => [it.opaque, it.body?.length ?? 0]);
    assert.deepEqual(found, expected, `split at ${at}`);
  }
});

Deno.test("Connection finds its frames when bytes come one by one", async () => {
  await using peer = open(OFFSETS);
  for (const byte of encodeFrame(asks(5, { body: new Uint8Array(20) }))) {
    peer.socket.feed(Uint8Array.of(byte));
    await Promise.resolve();
  }
  await turn();
  assert.equal(sent(peer)[0]?.opaque, 5);
});

Deno.test("Connection serves all requests of a chunk in order and answers in one write", async () => {
  await using peer = open(OFFSETS);
  await peer.feed(...Array.from({ length: 32 }, (_, i) => asks(i)));
  assert.equal(peer.socket.writes.length, 1);
  assert.deepEqual(sent(peer).map((it) => it.opaque), Array.from({ length: 32 }, (_, i) => i));
});

Deno.test("Connection gathers the answers of asynchronous handlers too", async () => {
  await using peer = open({
    async GET_MAX_OFFSET({ header }) {
      await null;
      await null;
      return { extFields: { offset: String(header.queueId) } };
    },
  });
  await peer.feed(...Array.from({ length: 32 }, (_, i) => asks(i)));
  assert.equal(peer.socket.writes.length, 1);
  assert.equal(sent(peer).length, 32);
  assert.equal(peer.connection.openCalls, 0);
});

Deno.test("Connection sends answers that come later when they come", async () => {
  const held: Call<unknown>[] = [];
  await using peer = open({
    GET_MAX_OFFSET(call) {
      held.push(call);
      return LATER;
    },
  });
  await peer.feed(asks(1), asks(2));
  assert.deepEqual([sent(peer).length, peer.connection.openCalls], [0, 2]);
  held[1]?.answer({ extFields: { offset: "2" } });
  await turn();
  held[0]?.answer({ code: "PULL_NOT_FOUND" });
  await turn();
  assert.deepEqual(sent(peer).map((it) => [it.opaque, it.code]), [[2, 0], [1, 19]]);
  assert.equal(peer.connection.openCalls, 0);
});

Deno.test("Connection refuses a code nobody serves as Java does", async () => {
  await using peer = open(OFFSETS);
  await peer.feed({ ...asks(1), code: 9999 });
  const [answer] = sent(peer);
  assert.deepEqual([answer?.code, answer?.remark], [3, " request type 9999 not supported"]);
  assert.equal(peer.logged.length, 0);
});

Deno.test("Connection refuses a header without a required field and names it", async () => {
  await using peer = open(OFFSETS);
  await peer.feed(asks(1, { extFields: { topic: "T" } }), asks(2, { extFields: undefined }));
  const answers = sent(peer);
  assert.deepEqual(answers.map((it) => it.code), [1, 1]);
  assert.match(answers[0]?.remark ?? "", /"queueId" is missing/);
  assert.match(answers[1]?.remark ?? "", /"topic" is missing/);
});

Deno.test("Connection answers a refusal with its code and logs nothing", async () => {
  await using peer = open({
    GET_MAX_OFFSET() {
      throw new Refusal("TOPIC_NOT_EXIST", "no T", { extFields: { a: "b" } });
    },
    GET_MIN_OFFSET: () => Promise.reject(new Refusal("NO_PERMISSION", "not yours")),
  });
  await peer.feed(asks(1), { ...asks(2), code: 31 });
  const answers = sent(peer).map(({ code, remark, extFields }) => ({ code, remark, extFields }));
  assert.deepEqual(answers, [
    { code: 17, remark: "no T", extFields: { a: "b" } },
    { code: 16, remark: "not yours", extFields: undefined },
  ]);
  assert.equal(peer.logged.length, 0);
});

Deno.test("Connection answers a failing handler with SYSTEM_ERROR and logs the cause once", async () => {
  const bug = new TypeError("x is undefined");
  await using peer = open({
    GET_MAX_OFFSET() {
      throw bug;
    },
    GET_MIN_OFFSET: () => Promise.reject(bug),
  });
  await peer.feed(asks(1), { ...asks(2), code: 31 });
  assert.deepEqual(sent(peer).map(({ code, remark }) => [code, remark]), [
    [1, "TypeError: x is undefined"],
    [1, "TypeError: x is undefined"],
  ]);
  assert.deepEqual(peer.logged, [
    ["Cannot serve GET_MAX_OFFSET of 127.0.0.1:50000", bug],
    ["Cannot serve GET_MIN_OFFSET of 127.0.0.1:50000", bug],
  ]);
  assert.equal(peer.connection.closed, false);
});

Deno.test("Connection answers a body that cannot be read with SYSTEM_ERROR and logs nothing", async () => {
  await using peer = open({
    GET_MAX_OFFSET: ({ body }) => ({ remark: parseTopicList(body).topicList.join() }),
  });
  await peer.feed(asks(1, { body: Uint8Array.of(0x7b) }));
  const [answer] = sent(peer);
  assert.equal(answer?.code, 1);
  assert.match(answer?.remark ?? "", /^Cannot read body of topic list: /);
  assert.equal(peer.logged.length, 0);
});

Deno.test("Connection logs a handler that answers twice, and goes on", async () => {
  await using peer = open({
    GET_MAX_OFFSET(call) {
      call.answer({});
      return {};
    },
  });
  await peer.feed(asks(1), asks(2));
  assert.deepEqual(sent(peer).map((it) => [it.opaque, it.code]), [[1, 0], [2, 0]]);
  assert.equal(peer.logged.length, 2);
});

Deno.test("Connection never answers a one-way request, whatever becomes of it", async () => {
  let served = 0;
  await using peer = open({
    GET_MAX_OFFSET() {
      served++;
      return {};
    },
    GET_MIN_OFFSET() {
      throw new Error("broken");
    },
  });
  const oneway = true;
  await peer.feed(
    asks(1, { oneway }),
    { ...asks(2, { oneway }), code: 31 },
    { ...asks(3, { oneway }), code: 9999 },
    asks(4, { oneway, extFields: {} }),
  );
  assert.deepEqual([served, sent(peer).length, peer.logged.length], [1, 0, 1]);
  assert.equal(peer.connection.openCalls, 0);
});

Deno.test("Connection stops reading requests while the peer does not take its answers", async () => {
  let served = 0;
  await using peer = open({
    GET_MAX_OFFSET() {
      served++;
      return { body: new Uint8Array(1000) };
    },
  }, { limits: { outputHighWaterBytes: 10_000 } });
  peer.socket.hold();
  await peer.feed(...Array.from({ length: 100 }, (_, i) => asks(i)));
  await peer.feed(asks(100));
  const servedWhileHeld = served;
  assert.ok(servedWhileHeld >= 10 && servedWhileHeld <= 12, `${servedWhileHeld} were served`);
  assert.ok(peer.connection.pendingBytes < 15_000);
  peer.socket.release();
  while (served < 101) await turn();
  await turn();
  assert.deepEqual(sent(peer).map((it) => it.opaque), Array.from({ length: 101 }, (_, i) => i));
});

Deno.test("Connection stops reading from peers with waiting output when the budget is spent", async () => {
  const outputBudget = new OutputBudget(10_000);
  const family: Family = { GET_MAX_OFFSET: () => ({ body: new Uint8Array(1000) }) };
  await using first = open(family, { outputBudget });
  await using second = open(family, { outputBudget });
  await using reading = open(family, { outputBudget });
  const many = Array.from({ length: 50 }, (_, i) => asks(i));
  first.socket.hold();
  second.socket.hold();
  await first.feed(...many);
  await second.feed(...many);
  assert.ok(outputBudget.bytes > 10_000 && outputBudget.bytes < 13_000, `${outputBudget.bytes}`);
  assert.ok(second.connection.pendingBytes < 1500);
  await reading.feed(...many);
  while (sent(reading).length < 50) await turn();
  first.connection.close();
  second.socket.release();
  while (sent(second).length < 50) await turn();
  await turn();
  assert.equal(outputBudget.bytes, 0);
});

Deno.test("Connection closes over pendingBytesMax and says why", async () => {
  const held: Call<unknown>[] = [];
  await using peer = open({
    GET_MAX_OFFSET(call) {
      held.push(call);
      return LATER;
    },
  }, { limits: { pendingBytesMax: 10_000 } });
  peer.socket.hold();
  await peer.feed(...Array.from({ length: 20 }, (_, i) => asks(i)));
  for (const call of held) call.answer({ body: new Uint8Array(1000) });
  assert.equal(peer.connection.closed, true);
  assert.equal(peer.logged.length, 1);
  assert.match(
    peer.logged[0]?.[0] ?? "",
    /^Connection of 127\.0\.0\.1:50000 closed: \d+ bytes wait for the peer, limit is 10000$/,
  );
});

Deno.test("Connection refuses more open calls than openCallsMax", async () => {
  const family: Family = { GET_MAX_OFFSET: () => LATER };
  await using peer = open(family, { limits: { openCallsMax: 2 } });
  await peer.feed(asks(1), asks(2), asks(3));
  const answers = sent(peer);
  assert.deepEqual(answers.map((it) => [it.opaque, it.code]), [[3, 2]]);
  assert.match(answers[0]?.remark ?? "", /^\[OVERLOAD\]/);
});

Deno.test("Connection ends when its bytes are no frame", async () => {
  const bad: [string, Uint8Array][] = [
    ["length below 4", Uint8Array.of(0, 0, 0, 3, 0, 0, 0, 0)],
    ["negative length", Uint8Array.of(255, 255, 255, 255)],
    ["length over the limit", Uint8Array.of(1, 0, 0, 1)],
    ["header beyond the frame", Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 1)],
    ["unknown encoding", Uint8Array.of(0, 0, 0, 4, 9, 0, 0, 0)],
    ["TLS hello", Uint8Array.of(0x16, 3, 1, 2, 0)],
  ];
  for (const [name, bytes] of bad) {
    await using peer = open(OFFSETS);
    await peer.feed(asks(1));
    peer.socket.feed(bytes);
    await turn();
    assert.equal(peer.connection.closed, true, name);
    assert.equal(peer.socket.closed, true, name);
    assert.equal(peer.logged.length, 1, name);
    assert.match(String(peer.logged[0]?.[1]), /Cannot decode frame/, name);
    assert.equal(sent(peer).length, 1, name);
  }
});

Deno.test("Connection.invoke() gets the answer with a body of its own", async () => {
  await using peer = open();
  const asked = { name: "HEART_BEAT", body: Uint8Array.of(1) } as const;
  const first = peer.connection.invoke(asked, { timeoutMs: 60_000 });
  const second = peer.connection.invoke(asked, { timeoutMs: 60_000 });
  await turn();
  const [one, two] = sent(peer);
  assert.ok(one && two);
  assert.notEqual(one.opaque, two.opaque);
  await peer.feed(
    response(two, "SUCCESS", { body: Uint8Array.of(2) }),
    response({ ...one, opaque: 77 }, "SUCCESS"),
    response(one, "SYSTEM_BUSY", { body: Uint8Array.of(1) }),
  );
  assert.deepEqual([(await first).code, [...(await first).body ?? []]], [2, [1]]);
  assert.deepEqual([(await second).code, [...(await second).body ?? []]], [0, [2]]);
});

Deno.test("Connection.invoke() rejects when the connection closes, and afterwards", async () => {
  await using peer = open();
  const asked = { name: "HEART_BEAT" } as const;
  const waiting = peer.connection.invoke(asked, { timeoutMs: 60_000 });
  await turn();
  peer.socket.break(new Error("reset by peer"));
  const closed = (error: unknown) => error instanceof RpcError && error.kind === "closed";
  await assert.rejects(waiting, closed);
  await assert.rejects(peer.connection.invoke(asked, { timeoutMs: 60_000 }), closed);
  await assert.rejects(
    peer.connection.invoke(asked, { timeoutMs: 1, signal: AbortSignal.abort(new Error("off")) }),
    /off/,
  );
});

Deno.test("Connection.oneway() sends without waiting", async () => {
  await using peer = open();
  peer.connection.oneway({
    name: "NOTIFY_CONSUMER_IDS_CHANGED",
    extFields: { consumerGroup: "G" },
  });
  await turn();
  assert.deepEqual(sent(peer).map((it) => [it.code, it.flag]), [[40, 2]]);
});

Deno.test("Connection lets answers leave after the peer has sent its last byte", async () => {
  await using peer = open(OFFSETS);
  peer.socket.hold();
  await peer.feed(asks(1));
  peer.socket.feed(encodeFrame(asks(2)));
  peer.socket.end();
  await turn();
  assert.equal(peer.connection.closed, false);
  peer.socket.release();
  await peer.connection.finished;
  assert.deepEqual(sent(peer).map((it) => it.opaque), [1, 2]);
  assert.deepEqual(peer.closed, [peer.connection]);
});

Deno.test("Connection closes a peer that neither sends nor takes bytes", async () => {
  let now = 0;
  await using peer = open(OFFSETS, { now: () => now, limits: { idleTimeoutMs: 1000 } });
  now = 999;
  assert.equal(peer.connection.closeIfIdle(), false);
  await peer.feed(asks(1, { oneway: true }));
  now = 1998;
  assert.equal(peer.connection.closeIfIdle(), false, "bytes came");
  peer.connection.oneway({ name: "HEART_BEAT" });
  await turn();
  now = 2997;
  assert.equal(peer.connection.closeIfIdle(), false, "bytes went");
  now = 2998;
  assert.equal(peer.connection.closeIfIdle(), true);
  assert.equal(peer.connection.closeIfIdle(), false);
  assert.deepEqual([peer.connection.closed, peer.closed.length], [true, 1]);
});

Deno.test("Connection.stop() lets answers under way leave and takes nothing new", async () => {
  const held: Call<unknown>[] = [];
  await using peer = open({
    GET_MAX_OFFSET(call) {
      held.push(call);
      return LATER;
    },
  });
  await peer.feed(asks(1));
  const stopped = peer.connection.stop({ withinMs: 60_000 });
  await peer.feed(asks(2));
  assert.equal(held.length, 1);
  held[0]?.answer({});
  await turn();
  assert.deepEqual([peer.socket.writeClosed, peer.socket.closed], [true, false]);
  peer.socket.end();
  await stopped;
  assert.deepEqual(sent(peer).map((it) => it.opaque), [1]);
  assert.equal(peer.socket.closed, true);
});

Deno.test("Connection.stop() does not wait longer than it was told", async () => {
  await using peer = open({ GET_MAX_OFFSET: () => LATER });
  await peer.feed(asks(1));
  await peer.connection.stop({ withinMs: 1 });
  assert.equal(peer.socket.closed, true);
});

Deno.test("Connection can be disposed twice, and an answer afterwards is dropped", async () => {
  const held: Call<unknown>[] = [];
  const peer = open({
    GET_MAX_OFFSET(call) {
      held.push(call);
      return LATER;
    },
  });
  await peer.feed(asks(1));
  await peer.connection[Symbol.asyncDispose]();
  await peer.connection[Symbol.asyncDispose]();
  peer.connection.close();
  held[0]?.answer({});
  peer.connection.oneway({ name: "HEART_BEAT" });
  await turn();
  assert.deepEqual([sent(peer).length, peer.closed.length, peer.logged.length], [0, 1, 0]);
});

Deno.test("Connection logs what onClose throws", async () => {
  await using peer = open({}, {
    onClose: () => {
      throw new Error("bug");
    },
  });
  peer.connection.close();
  assert.match(peer.logged[0]?.[0] ?? "", /^Cannot clean up after connection/);
});

Deno.test("Connection closes on a peer that says nothing while a request waits, from silenceMsMin on", async () => {
  const asked = { name: "HEART_BEAT" } as const;
  await using it = open({}, { silenceMsMin: 20 });
  await assert.rejects(it.connection.invoke(asked, { timeoutMs: 5 }), { kind: "timeout" });
  assert.equal(it.connection.closed, false, "who waits for a moment only knows nothing");
  const first = assert.rejects(it.connection.invoke(asked, { timeoutMs: 60_000 }), {
    kind: "closed",
    message: /said nothing for 20 ms$/,
  });
  await assert.rejects(it.connection.invoke(asked, { timeoutMs: 20 }), { kind: "timeout" });
  await first;
  assert.deepEqual([it.connection.closed, it.closed.length], [true, 1]);
});

Deno.test("Connection stays with a peer that is slow with one answer, but says something", async () => {
  const asked = { name: "HEART_BEAT" } as const;
  await using it = open({}, { silenceMsMin: 20 });
  const slow = assert.rejects(it.connection.invoke(asked, { timeoutMs: 30 }), /none came/);
  const heard = it.connection.invoke(asked, { timeoutMs: 60_000 });
  await it.feed(response(request("HEART_BEAT", { opaque: 1 }), "SUCCESS"));
  await Promise.all([slow, heard]);
  assert.equal(it.connection.closed, false);
  // Without the option nobody is taken for gone.
  await using patient = open();
  await assert.rejects(patient.connection.invoke(asked, { timeoutMs: 5 }), { kind: "timeout" });
  assert.equal(patient.connection.closed, false);
});
