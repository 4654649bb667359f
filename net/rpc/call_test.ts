import assert from "node:assert/strict";
import { ScriptedSocket } from "../../testdata/scripted_socket.ts";
import { request } from "../wire/command.ts";
import { Call, type Reply } from "./call.ts";
import { Connection } from "./connection.ts";

Deno.test("Call.answer() hands the reply on once; a second answer is a bug", async () => {
  await using connection = Connection.over(new ScriptedSocket());
  const replies: Reply[] = [];
  const command = request("HEART_BEAT", { opaque: 1 });
  const call = new Call("HEART_BEAT", {}, command, connection, (_, reply) => replies.push(reply));
  assert.equal(call.body.length, 0);
  assert.equal(call.answered, false);
  call.answer({ remark: "done" });
  assert.equal(call.answered, true);
  assert.throws(() => call.answer({}), /HEART_BEAT is answered twice/);
  assert.deepEqual(replies, [{ remark: "done" }]);
});

Deno.test("Call.answer() lets go of the answer's memory only behind its copy", async () => {
  await using connection = Connection.over(new ScriptedSocket());
  const events: string[] = [];
  const command = request("HEART_BEAT", { opaque: 1 });
  const release = () => events.push("released");
  const call = new Call("HEART_BEAT", {}, command, connection, () => events.push("copied"));
  call.answer({ release });
  assert.deepEqual(events, ["copied", "released"]);
  assert.throws(() => call.answer({ release }), /answered twice/);
  assert.equal(events.length, 2);
});
