import assert from "node:assert/strict";
import { ClientError } from "../net/client/client_error.ts";
import { describeFailure, Failure, stackOf, usageFailure } from "./failure.ts";

Deno.test("describeFailure() makes one line and a code of whatever was thrown", () => {
  const check = (error: unknown, line: string | RegExp, exitCode: number) => {
    const report = describeFailure(error);
    if (typeof line === "string") assert.equal(report.line, line);
    else assert.match(report.line, line);
    assert.equal(report.exitCode, exitCode);
  };
  check(new Failure('"x" is no store'), '"x" is no store', 8);
  check(new Failure("declined", { exitCode: 32 }), "declined", 32);
  check(usageFailure("--from is behind --to"), "--from is behind --to", 16);
  check(
    new Error('Cannot open "x":\n  permission denied\n'),
    'Cannot open "x": permission denied',
    8,
  );
  check(new TypeError("x is undefined"), /^Internal error: x is undefined \(.*MQ_DEBUG=1/, 8);
  check("text", "text", 8);
  check(new ClientError("its name is empty", { kind: "invalid" }), "its name is empty", 16);
  check(new ClientError("no broker has it", { kind: "no-route" }), "no broker has it", 8);
});

Deno.test("stackOf() follows the causes", () => {
  const error = new Error("outer", { cause: new Error("inner") });
  assert.match(stackOf(error), /outer[^]*Caused by: Error: inner/);
  assert.equal(stackOf("text"), "text");
});
