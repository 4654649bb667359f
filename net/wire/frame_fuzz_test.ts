/**
 * Ten million frames that no client sends: each is taken or refused, and nothing else happens.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { capturedFrames, recordingNames } from "../../testdata/frames.ts";
import { FrameMutants } from "../../testdata/mutate_frames.ts";
import { runs } from "../../testdata/runs.ts";
import { requestName } from "./codes.ts";
import { isResponse, type RemotingCommand } from "./command.ts";
import { FrameError } from "./frame_format.ts";
import { FrameReader } from "./frame_reader.ts";
import { decodeHeader } from "./headers.ts";

const SEED = Number(process.env.SEED ?? 20_261_122);
const MUTANTS = runs(10_000_000, { min: 10_000 });
const SPLIT_EVERY = 101;

/** What became of the bytes of a mutant. */
interface Outcome {
  readonly commands: readonly RemotingCommand[];
  /** Why they are no frames. */
  readonly refused: string | undefined;
  /** Bytes that wait for the end of their frame. */
  readonly pendingBytes: number;
}

Deno.test(`FrameReader takes or refuses ${MUTANTS} mutated frames (seed ${SEED})`, () => {
  const { stackTraceLimit } = Error;
  // Where they were thrown takes nine tenths of the time of errors that nobody looks at.
  Error.stackTraceLimit = 0;
  try {
    const count = fuzz();
    // Mutants that all end at the first check would prove little.
    assert.ok(count.taken > MUTANTS / 4, `only ${count.taken} were taken`);
    assert.ok(count.refused > MUTANTS / 4, `only ${count.refused} were refused`);
    assert.ok(count.headers > MUTANTS / 20, `only ${count.headers} had a sound header`);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
});

function fuzz(): { taken: number; refused: number; headers: number } {
  const frames = recordingNames().flatMap(capturedFrames).map(({ bytes }) => bytes);
  const mutants = new FrameMutants(frames, SEED);
  const count = { taken: 0, refused: 0, headers: 0 };
  for (let number = 0; number < MUTANTS; number++) {
    const mutant = mutants.next();
    const whole = read(mutant, mutant.length);
    if (number % SPLIT_EVERY === 0) {
      assert.deepEqual(read(mutant, number % (mutant.length + 1)), whole, `mutant ${number}`);
    }
    if (whole.refused !== undefined) count.refused++;
    for (const command of whole.commands) {
      check(command, number);
      count.taken++;
      if (hasHeader(command)) count.headers++;
    }
  }
  return count;
}

/** Reads bytes in two chunks. */
function read(bytes: Uint8Array, cut: number): Outcome {
  const reader = new FrameReader();
  const commands: RemotingCommand[] = [];
  try {
    for (const chunk of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      reader.push(chunk);
      for (let it = reader.next(); it !== undefined; it = reader.next()) commands.push(it);
    }
    return { commands, refused: undefined, pendingBytes: reader.pendingBytes };
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return { commands, refused: error.message, pendingBytes: 0 };
  }
}

function check(command: RemotingCommand, number: number): void {
  const { code, version, opaque, flag, remark, extFields } = command;
  const isSound = code === (code | 0) && version === (version | 0) && opaque === (opaque | 0) &&
    flag === (flag | 0) && (remark === undefined || typeof remark === "string");
  if (!isSound) assert.fail(`mutant ${number}: ${JSON.stringify(command)}`);
  for (const key in extFields) {
    if (typeof extFields[key] !== "string") assert.fail(`mutant ${number}: field ${key}`);
  }
}

/** Whether the fields are those of its request; that they are not must be told, and not thrown. */
function hasHeader(command: RemotingCommand): boolean {
  const name = isResponse(command) ? undefined : requestName(command.code);
  if (name === undefined) return false;
  const { ok, problem } = decodeHeader(name, command.extFields);
  assert.ok((ok === undefined) !== (problem === undefined));
  return ok !== undefined;
}
