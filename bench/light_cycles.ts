/**
 * Requests that follow from answers, such as a pull from the offset the last one told: so many cycles
 * at once on each connection, each with one request under way.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import net from "node:net";
import process from "node:process";
import { FrameReader } from "../net/wire/frame.ts";
import type { RemotingCommand } from "../net/wire/command.ts";
import type { LightResult } from "./light_load.ts";

/** A cycle of requests, whose opaque is its number on its connection. */
export interface Cycle {
  /** The request to begin with. */
  readonly first: Uint8Array;
  /** What comes after an answer, and how many messages were done with it. */
  next(answer: RemotingCommand): { readonly frame: Uint8Array; readonly done: number };
}

/** How long, and how much at once. */
export interface CycleLoad {
  readonly conns: number;
  /** Cycles on each connection. */
  readonly depth: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

/** What has been measured so far. */
interface Measured {
  done: number;
  refused: number;
  /** From each request to its answer, ms. */
  latencies: number[];
}

/** Keeps all cycles going for the time of the load; `cycle` makes the one of a number. */
export async function runCycles(
  address: string,
  load: CycleLoad,
  cycle: (number: number, connection: number) => Cycle,
): Promise<LightResult> {
  const [host, port] = address.split(":");
  const measured: Measured = { done: 0, refused: 0, latencies: [] };
  const sockets = Array.from({ length: load.conns }, () => net.connect(Number(port), host));
  await Promise.all(sockets.map((socket) => new Promise((open) => socket.once("connect", open))));
  for (const [connection, socket] of sockets.entries()) {
    const cycles = Array.from({ length: load.depth }, (_, number) => cycle(number, connection));
    keepGoing(socket, cycles, measured);
  }
  await pause(load.warmupSeconds);
  Object.assign(measured, { done: 0, latencies: [] });
  const started = performance.now();
  const cpu = process.cpuUsage();
  await pause(load.seconds);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { done, refused, latencies } = measured;
  for (const socket of sockets) socket.destroy();
  latencies.sort((one, other) => one - other);
  const at = (part: number) =>
    Math.round((latencies[Math.floor(latencies.length * part)] ?? 0) * 1000);
  const perSecond = Math.round(done / seconds);
  return { perSecond, p50Us: at(0.5), p99Us: at(0.99), cpuUs: (user + system) / done, refused };
}

function keepGoing(socket: net.Socket, cycles: readonly Cycle[], measured: Measured): void {
  const reader = new FrameReader();
  const sentAt = cycles.map(() => performance.now());
  socket.setNoDelay(true);
  socket.on("data", (chunk) => {
    reader.push(chunk);
    const now = performance.now();
    const frames: Uint8Array[] = [];
    for (let answer = reader.next(); answer !== undefined; answer = reader.next()) {
      if (answer.code !== 0) measured.refused++;
      const { frame, done } = cycles[answer.opaque]!.next(answer);
      measured.done += done;
      measured.latencies.push(now - sentAt[answer.opaque]!);
      sentAt[answer.opaque] = now;
      frames.push(frame);
    }
    if (frames.length > 0 && !socket.destroyed) socket.write(Buffer.concat(frames));
  });
  socket.write(Buffer.concat(cycles.map(({ first }) => first)));
}

function pause(seconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, seconds * 1000));
}
