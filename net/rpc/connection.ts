/**
 * One connection of the remoting protocol, in both roles at once: it serves the peer's requests by a
 * table of routes, and sends requests of its own. All frames of a chunk are decoded and served in
 * one turn of the event loop, and what they answer in that turn leaves in one write.
 *
 * A peer that does not read its answers is first not read from, then closed. Bytes that are no frame
 * end the connection and nothing else.
 *
 * @module
 */

import type { RequestName, ResponseName } from "../wire/codes.ts";
import {
  isOneway,
  isResponse,
  type Payload,
  type RemotingCommand,
  request,
  response,
  type SerializeType,
} from "../wire/command.ts";
import { FrameReader } from "../wire/frame.ts";
import { decodeHeader } from "../wire/headers.ts";
import { BodyError } from "../wire/json_body.ts";
import { VERSIONS } from "../wire/version.ts";
import { formatAddress, type SocketAddress } from "./address.ts";
import { Call, LATER, type Reply } from "./call.ts";
import { type ConnectionLimits, DEFAULT_LIMITS, type Log, OutputBudget } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { type InvokeOptions, PendingRequests } from "./pending_requests.ts";
import { Refusal } from "./refusal.ts";
import type { Route, Routes } from "./routes.ts";
import { RpcError } from "./rpc_error.ts";
import type { Socket } from "./socket.ts";

/** Settings of a connection. */
export interface ConnectionOptions {
  /** Who serves the peer's requests; without it all are refused. */
  readonly routes?: Routes | undefined;
  /** Limits that differ from {@linkcode DEFAULT_LIMITS}. */
  readonly limits?: Partial<ConnectionLimits> | undefined;
  /** Shared by the connections of a server. */
  readonly outputBudget?: OutputBudget | undefined;
  /** Release ordinal in the answers; default {@linkcode VERSIONS}. */
  readonly version?: number | undefined;
  /** Takes what an operator should know. */
  readonly log?: Log | undefined;
  /** Clock of the idle time, in ms. */
  readonly now?: (() => number) | undefined;
  /**
   * Takes a peer for gone that says nothing at all while one of our requests waits for its whole
   * time, where that is at least so long, and closes the connection: who comes next makes another. A
   * peer that vanished without a word is known by nothing else as long as we write to it. Default:
   * none is so long.
   */
  readonly silenceMsMin?: number | undefined;
  /** Called once, when the connection has closed for whatever reason. */
  readonly onClose?: ((connection: Connection) => void) | undefined;
}

/** A request of ours. */
export interface Outgoing extends Payload {
  /** What is asked. */
  readonly name: RequestName;
  /** Encoding of the header; JSON unless said. */
  readonly serialize?: SerializeType;
}

const READ_BYTES_MIN = 8192;
const READ_BYTES_MAX = 262_144;

/** How long a stopped connection waits for the peer's end, so that its last answers arrive. */
const LINGER_MS = 100;

/** How long the answers given so far may take to leave after the peer has sent its last byte. */
const FAREWELL_MS = 1000;

/** Time without traffic after which memory is given back. */
const QUIET_MS = 1000;

const NO_ROUTES: Routes = new Map();

/** A connection at work: it reads and serves from the moment it is made until it is closed. */
export class Connection implements AsyncDisposable {
  /** Where the peer is. */
  readonly remote: SocketAddress;
  /** {@linkcode remote} as `host:port`. */
  readonly peer: string;
  readonly #socket: Socket;
  readonly #routes: Routes;
  readonly #limits: ConnectionLimits;
  readonly #version: number;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #onClose: ((connection: Connection) => void) | undefined;
  readonly #budget: OutputBudget;
  readonly #outbox: Outbox;
  readonly #pending: PendingRequests;
  readonly #reader: FrameReader;
  readonly #finished: Promise<void>;
  #activeAt: number;
  /** When the last byte came, by the clock of the time-outs. */
  #heardAt = performance.now();
  /** A request that waits until the peer has taken answers. */
  #heldRequest: RemotingCommand | undefined;
  #openCalls = 0;
  #answersInMaking = 0;
  #whenMade: (() => void) | undefined;
  #whenServed: (() => void) | undefined;
  #stopping = false;
  #closed = false;

  private constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.remote = socket.remote;
    this.peer = formatAddress(socket.remote);
    this.#routes = options.routes ?? NO_ROUTES;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#version = options.version ?? VERSIONS.own;
    this.#log = options.log ?? (() => {});
    this.#now = options.now ?? (() => performance.now());
    this.#onClose = options.onClose;
    this.#activeAt = this.#now();
    const silenceMsMin = options.silenceMsMin ?? Infinity;
    this.#pending = new PendingRequests(this.peer, {
      onTimeout: ({ askedAt, timeoutMs }) => {
        if (timeoutMs < silenceMsMin || this.#heardAt >= askedAt) return;
        this.#end(`it said nothing for ${timeoutMs} ms`);
      },
    });
    this.#reader = new FrameReader({ frameBytesMax: this.#limits.frameBytesMax });
    this.#budget = options.outputBudget ?? new OutputBudget();
    const events = {
      written: () => this.#activeAt = this.#now(),
      broken: (cause: unknown) => this.#end("it broke while writing", cause),
    };
    this.#outbox = new Outbox(socket, events, this.#budget);
    this.#finished = this.#readLoop();
  }

  /** Serves a socket, which belongs to the connection from now on. */
  static over(socket: Socket, options: ConnectionOptions = {}): Connection {
    return new Connection(socket, options);
  }

  /** Whether nothing can be sent or received any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes of output the peer has not taken. */
  get pendingBytes(): number {
    return this.#outbox.pendingBytes;
  }

  /** Resolves when no more than `bytes` wait for the peer, or the connection is closed. */
  whenPending(bytes: number): Promise<void> {
    return this.#outbox.whenPending(bytes);
  }

  /** Requests of the peer that wait for their answers. */
  get openCalls(): number {
    return this.#openCalls;
  }

  /** Resolves when the connection has closed and its last chunk is served. */
  get finished(): Promise<void> {
    return this.#finished;
  }

  /**
   * Asks the peer and waits for its answer, whatever its code.
   *
   * @throws {RpcError} if no answer comes in time or the connection closes.
   */
  invoke(asked: Outgoing, options: InvokeOptions): Promise<RemotingCommand> {
    const { timeoutMs, signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const opaque = this.#pending.nextOpaque();
    try {
      this.#put(request(asked.name, { ...asked, opaque }));
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#pending.wait(opaque, { timeoutMs, signal, what: asked.name });
  }

  /** Tells the peer something without an answer; dropped when the connection is closed. */
  oneway(told: Outgoing): void {
    const opaque = this.#pending.nextOpaque();
    this.#put(request(told.name, { ...told, opaque, oneway: true }));
  }

  /**
   * For the owner to call now and then: gives memory back after a quiet second, and closes the
   * connection if nothing has come or gone for too long; whether it did.
   */
  closeIfIdle(): boolean {
    const quietMs = this.#now() - this.#activeAt;
    if (quietMs >= QUIET_MS) this.#outbox.trim();
    if (this.#closed || quietMs < this.#limits.idleTimeoutMs) return false;
    this.#end(`it was idle for ${this.#limits.idleTimeoutMs} ms`);
    return true;
  }

  /** Serves nothing new, lets the answers under way leave for at most `withinMs`, then closes. */
  async stop({ withinMs }: { withinMs: number }): Promise<void> {
    this.#stopping = true;
    if (await settlesWithin(this.#answersAreOut(), withinMs) && !this.#closed) {
      await settlesWithin(this.#socket.closeWrite().then(() => this.#finished), LINGER_MS);
    }
    await this[Symbol.asyncDispose]();
  }

  /** Closes at once, dropping what has not left; twice is fine. */
  close(): void {
    this.#end("it was closed on this side");
  }

  /** Closes at once and waits until nothing of the connection runs any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#finished;
  }

  async #readLoop(): Promise<void> {
    let into = new Uint8Array(READ_BYTES_MIN);
    while (!this.#closed) {
      let count: number | null;
      try {
        count = await this.#socket.read(into);
      } catch (cause) {
        return this.#end("it broke while reading", cause);
      }
      if (count === null) {
        await settlesWithin(this.#outbox.whenPending(0), FAREWELL_MS);
        return this.#end("the peer closed it");
      }
      this.#activeAt = this.#now();
      this.#heardAt = performance.now();
      try {
        this.#reader.push(count === into.length ? into : into.subarray(0, count));
        if (!this.#serveChunk()) await this.#serveRest();
      } catch (cause) {
        // A FrameError is the peer's doing, anything else a bug of ours: neither may go on.
        this.#log(`Connection of ${this.peer} closed`, cause);
        return this.#end("its bytes cannot be served", cause);
      }
      // A connection that fills its buffer is worth a larger one.
      if (count === into.length && count < READ_BYTES_MAX) into = new Uint8Array(2 * count);
    }
  }

  /** Serves what is left of a chunk as the peer takes its answers. */
  async #serveRest(): Promise<void> {
    do {
      if (this.#isCrowded()) await new Promise<void>((resolve) => this.#whenMade = resolve);
      else await this.#outbox.whenPending(this.#highWaterBytes() / 2);
    } while (!this.#closed && !this.#serveChunk());
  }

  /** Whether so many answers are in the making that what they hold could become too much. */
  #isCrowded(): boolean {
    const most = this.#budget.crowded ? 1 : this.#limits.answersInMakingMax;
    return this.#answersInMaking >= most;
  }

  #highWaterBytes(): number {
    return this.#budget.spent ? 0 : this.#limits.outputHighWaterBytes;
  }

  /**
   * Serves the frames at hand; false when it stopped before a request because the peer does not take
   * its answers, or because enough of them are in the making. Responses are always taken: two sides that
   * wait for each other would wait for ever.
   */
  #serveChunk(): boolean {
    while (!this.#closed) {
      const command = this.#heldRequest ?? this.#reader.next();
      this.#heldRequest = undefined;
      if (command === undefined) return true;
      if (isResponse(command)) {
        // Who waits for it looks at it in a later turn, when the buffer holds other bytes.
        if (command.body !== undefined) command.body = command.body.slice();
        this.#pending.settle(command);
      } else if (this.#outbox.pendingBytes > this.#highWaterBytes() || this.#isCrowded()) {
        this.#heldRequest = command;
        return false;
      } else this.#serve(command);
    }
    return true;
  }

  #serve(command: RemotingCommand): void {
    if (this.#stopping) return;
    const route = this.#routes.get(command.code);
    if (route === undefined) {
      const remark = ` request type ${command.code} not supported`;
      return this.#refuse(command, "REQUEST_CODE_NOT_SUPPORTED", remark);
    }
    if (this.#openCalls >= this.#limits.openCallsMax) {
      const remark = "[OVERLOAD]system busy, start flow control for a while";
      return this.#refuse(command, "SYSTEM_BUSY", remark);
    }
    const { ok: header, problem } = decodeHeader(route.name, command.extFields);
    if (problem !== undefined) return this.#refuse(command, "SYSTEM_ERROR", problem.text);
    this.#openCalls++;
    this.#run(route, new Call<unknown>(route.name, header, command, this, this.#respond));
  }

  #run(route: Route, call: Call<unknown>): void {
    try {
      const reply = route.handle(call);
      if (reply === LATER) return;
      if (reply instanceof Promise) {
        const done = reply.then((reply) => call.answer(reply))
          .catch((cause) => this.#fail(call, cause));
        if (call.holdsMemory) this.#making(done);
      } else call.answer(reply);
    } catch (cause) {
      this.#fail(call, cause);
    }
  }

  #making(answer: Promise<void>): void {
    this.#answersInMaking++;
    this.#budget.answersInMaking++;
    answer.finally(() => {
      this.#answersInMaking--;
      this.#budget.answersInMaking--;
      this.#whenMade?.();
    });
  }

  /** Turns what a handler threw into an answer. */
  #fail(call: Call<unknown>, cause: unknown): void {
    if (cause instanceof Refusal && !call.answered) {
      const { code, remark, extFields } = cause;
      return call.answer({ code, remark, extFields });
    }
    if (cause instanceof BodyError && !call.answered) {
      return call.answer({ code: "SYSTEM_ERROR", remark: cause.message });
    }
    this.#log(`Cannot serve ${call.name} of ${this.peer}`, cause);
    if (call.answered) return;
    const remark = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    call.answer({ code: "SYSTEM_ERROR", remark });
  }

  #refuse(command: RemotingCommand, code: ResponseName, remark: string): void {
    if (isOneway(command)) return;
    this.#putAnswer(command, { code, remark });
  }

  readonly #respond = (command: RemotingCommand, reply: Reply): void => {
    if (!isOneway(command) && !this.#closed) this.#putAnswer(command, reply);
    this.#openCalls--;
    if (this.#openCalls === 0) this.#whenServed?.();
  };

  #putAnswer(command: RemotingCommand, reply: Reply): void {
    const answer = response(command, reply.code ?? "SUCCESS", reply);
    answer.version = this.#version;
    this.#put(answer);
  }

  #put(command: RemotingCommand): void {
    this.#outbox.put(command);
    const { pendingBytes } = this.#outbox;
    const { pendingBytesMax } = this.#limits;
    if (pendingBytes <= pendingBytesMax || this.#closed) return;
    const reason = `${pendingBytes} bytes wait for the peer, limit is ${pendingBytesMax}`;
    this.#log(`Connection of ${this.peer} closed: ${reason}`);
    this.#end(reason);
  }

  async #answersAreOut(): Promise<void> {
    if (this.#openCalls > 0) {
      await new Promise<void>((resolve) => this.#whenServed = resolve);
    }
    await this.#outbox.whenPending(0);
  }

  #end(reason: string, cause?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    const text = `Cannot get answer of ${this.peer}: connection ended, ${reason}`;
    this.#pending.close(new RpcError(text, { kind: "closed", address: this.peer, cause }));
    this.#outbox.close();
    this.#socket.close();
    this.#whenServed?.();
    this.#whenMade?.();
    try {
      this.#onClose?.(this);
    } catch (cause) {
      this.#log(`Cannot clean up after connection of ${this.peer}`, cause);
    }
  }
}

/** Whether `work` settles within `ms`; it is not stopped. */
async function settlesWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => timer = setTimeout(resolve, ms, false));
  try {
    return await Promise.race([work.then(() => true, () => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
