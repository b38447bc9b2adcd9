import { Profile } from "../core/profile";
import type { Delta, EndedParams } from "../wire/protocol.gen";
import { failures, isAbort, toFailure } from "./failures";
import type { Connect, HelperClient, Questions, SamplingOptions, Unsubscribe } from "./ports";
import {
  isBusy,
  isRunning,
  reduce,
  type Failure,
  type ReachPhase,
  type SessionEvent,
  type SessionState,
  type Target,
} from "./state";

/**
 * Least time between two deltas, in ms. Heat has to move at least twice a
 * second; 400 leaves 100 ms for the way and the drawing.
 */
const DELTA_INTERVAL_MS = 400;

/** A healthy helper answers a stop in tens of ms; after this the link counts as dead. */
const STOP_TIMEOUT_MS = 10_000;

/**
 * How long the link stays open after a run, in ms: remote-only sources can
 * still be opened and a second run starts at once, but a root helper does not
 * wait on a host for ever.
 */
const LINGER_MS = 10 * 60_000;

export interface RunnerDeps {
  readonly connect: Connect;
  readonly questions: Questions;
  readonly samplingOptions: () => SamplingOptions;
  readonly log: (message: string) => void;
}

export interface SessionListener {
  onState?(state: SessionState, previous: SessionState): void;
  /** A delta was applied. `delta` is undefined when the profile was replaced or cleared. */
  onProfile?(profile: Profile | undefined, delta: Delta | undefined): void;
}

/**
 * The one place where a session has effects: it asks, connects, starts, applies
 * deltas and closes in the reverse order of opening. What comes next is decided
 * by reduce() alone.
 */
export class SessionRunner {
  #state: SessionState = { kind: "idle" };
  #profile: Profile | undefined;
  #client: HelperClient | undefined;
  #clientTarget: Target | undefined;
  #subscriptions: Unsubscribe[] = [];
  #preparation: AbortController | undefined;
  /** Why the link broke while a question was open; told instead of "cancelled". */
  #lost: Failure | undefined;
  /** Deltas that overtook the answer to start. */
  #early: Delta[] = [];
  #linger: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<SessionListener>();
  readonly #deps: RunnerDeps;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The samples of the current results; undefined before the first run and after clear(). */
  get profile(): Profile | undefined {
    return this.#profile;
  }

  listen(listener: SessionListener): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * From the question for a host (skipped when `target` is given) to the first
   * moment of sampling. Resolves then, or after a cancel or failure, which the
   * state tells. Never rejects.
   */
  async begin(target?: Target): Promise<void> {
    if (isBusy(this.#state)) return;
    clearTimeout(this.#linger);
    const preparation = new AbortController();
    this.#preparation = preparation;
    this.#lost = undefined;
    this.#dispatch({ kind: "begin", target });
    try {
      await this.#prepare(target, preparation.signal);
    } catch (error) {
      if (this.#lost !== undefined) this.#fail(this.#lost);
      else if (preparation.signal.aborted || isAbort(error)) this.#dispatch({ kind: "cancelled" });
      else this.#fail(toFailure(error));
    } finally {
      this.#preparation = undefined;
      if (!isRunning(this.#state)) await this.#settle();
    }
  }

  /** Gives up the preparation, whichever step it is at. Does nothing once samples flow. */
  cancel(): void {
    this.#preparation?.abort();
  }

  /** Ends the run and keeps its results. Never rejects. */
  async stop(): Promise<void> {
    if (this.#state.kind !== "sampling" || this.#client === undefined) return;
    const { sessionId } = this.#state.results.run;
    this.#dispatch({ kind: "stopRequested" });
    try {
      const { stats } = await withTimeout(this.#client.stop(sessionId), STOP_TIMEOUT_MS);
      this.#dispatch({ kind: "stopped", stats });
      await this.#settle();
    } catch (error) {
      // Closing the link ends a helper that does not listen any more.
      this.#fail(toFailure(error));
      await this.#closeClient();
    }
  }

  /** Forgets results and closes the link. Does nothing while a session is busy. */
  async clear(): Promise<void> {
    if (isBusy(this.#state)) return;
    this.#dispatch({ kind: "cleared" });
    this.#replaceProfile(undefined);
    await this.#closeClient();
  }

  /** Text of an emberline-source URI; rejects with a catalogue error when the link is gone. */
  async readContent(uri: string, signal: AbortSignal): Promise<string> {
    if (this.#client === undefined || !this.#client.isOpen) throw failures.linkClosed();
    return this.#client.readContent(uri, signal);
  }

  async dispose(): Promise<void> {
    this.cancel();
    this.#listeners.clear();
    await this.#closeClient();
  }

  async #prepare(fixedTarget: Target | undefined, signal: AbortSignal): Promise<void> {
    const { questions } = this.#deps;
    for (;;) {
      const target = fixedTarget ?? (await questions.chooseHost(signal));
      if (target === undefined) return this.#dispatch({ kind: "cancelled" });
      this.#dispatch({ kind: "hostChosen", target });
      const client = await this.#reach(target, signal);
      this.#dispatch({ kind: "connected", helper: client.info });

      const list = async () => {
        const processes = await client.listProcesses(signal);
        this.#dispatch({ kind: "listed" });
        return processes;
      };
      const answer = await questions.chooseProcesses(target, client.info, list, signal);
      signal.throwIfAborted();
      if (answer === undefined || (answer === "back" && fixedTarget !== undefined)) {
        return this.#dispatch({ kind: "cancelled" });
      }
      if (answer === "back") {
        this.#dispatch({ kind: "back" });
        continue;
      }
      this.#dispatch({ kind: "processesChosen", selection: answer });
      return this.#start(client, answer.pids, signal);
    }
  }

  /** The open link when it already leads to this target, else a new one. */
  async #reach(target: Target, signal: AbortSignal): Promise<HelperClient> {
    if (this.#client?.isOpen && sameTarget(this.#clientTarget, target)) return this.#client;
    await this.#closeClient();
    signal.throwIfAborted();
    const onPhase = (phase: ReachPhase, detail: string) => {
      if (!signal.aborted) this.#dispatch({ kind: "phase", phase, detail });
    };
    const client = await this.#deps.connect(target, onPhase, signal);
    this.#client = client;
    this.#clientTarget = target;
    this.#subscriptions = [
      client.onDelta((delta) => this.#receive(delta)),
      client.onEnded((ended) => this.#ended(ended)),
      client.onLost((failure) => this.#linkLost(failure)),
    ];
    signal.throwIfAborted();
    return client;
  }

  async #start(client: HelperClient, pids: readonly number[], signal: AbortSignal): Promise<void> {
    this.#early = [];
    const params = {
      pids: [...pids],
      ...this.#deps.samplingOptions(),
      deltaIntervalMs: DELTA_INTERVAL_MS,
    };
    const onProgress = (detail: string) => this.#dispatch({ kind: "startProgress", detail });
    const run = await client.start(params, signal, onProgress).catch(async (error: unknown) => {
      await this.#logDoctor(client, signal);
      throw error;
    });
    if (signal.aborted) {
      // The cancel crossed the answer: the helper samples, and nobody wants it.
      await withTimeout(client.stop(run.sessionId), STOP_TIMEOUT_MS);
      signal.throwIfAborted();
    }
    // In this order, so that whoever is told of the new profile finds its run in the state.
    this.#dispatch({ kind: "started", run });
    this.#replaceProfile(new Profile());
    for (const delta of this.#early.splice(0)) this.#receive(delta);
  }

  /** What the helper finds missing on its host, for the log behind the failure's sentence. */
  async #logDoctor(client: HelperClient, signal: AbortSignal): Promise<void> {
    try {
      const { checks } = await client.doctor(signal);
      for (const { name, ok, found, nextStep } of checks) {
        this.#deps.log(`doctor: ${name}: ${ok ? "ok" : "MISSING"}: ${found} ${nextStep}`.trim());
      }
    } catch (error) {
      this.#deps.log(`doctor: ${toFailure(error).message}`);
    }
  }

  #receive(delta: Delta): void {
    if (this.#state.kind === "starting") {
      this.#early.push(delta);
      return;
    }
    if (!isRunning(this.#state) || this.#profile === undefined) return;
    if (delta.sessionId !== this.#state.results.run.sessionId) return;
    const applied = this.#profile.apply(delta);
    if (!applied.ok) {
      this.#deps.log(`delta refused: ${applied.error.kind}: ${applied.error.detail}`);
      this.#dispatch({ kind: "ended", failure: failures.badDelta(), stats: undefined });
      void this.#closeClient();
      return;
    }
    // Acknowledged only once applied: this is what bounds the helper's queue.
    this.#client?.acknowledge(delta.sessionId, delta.sequence);
    this.#dispatch({ kind: "delta", stats: delta.stats });
    for (const listener of this.#listeners) listener.onProfile?.(this.#profile, delta);
  }

  #ended(ended: EndedParams): void {
    if (!isRunning(this.#state)) return;
    if (ended.sessionId !== this.#state.results.run.sessionId) return;
    const failure = failures.ended(ended);
    this.#dispatch({ kind: "ended", failure, stats: ended.stats });
    void this.#settle();
  }

  #linkLost(failure: Failure): void {
    if (isRunning(this.#state)) {
      this.#dispatch({ kind: "ended", failure, stats: undefined });
    } else if (this.#preparation !== undefined) {
      this.#lost = failure;
      this.#preparation.abort();
    }
    void this.#closeClient();
  }

  #fail(failure: Failure): void {
    this.#dispatch({ kind: "failed", failure });
  }

  /**
   * After a run, a cancel or a failure: keeps the link for a while when there are
   * results to explore, or when another try would have to ask for the password again.
   */
  async #settle(): Promise<void> {
    if (this.#profile === undefined && this.#state.kind !== "failed") return this.#closeClient();
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => {
      if (!isBusy(this.#state)) void this.#closeClient();
    }, LINGER_MS);
    this.#linger.unref();
  }

  async #closeClient(): Promise<void> {
    clearTimeout(this.#linger);
    const client = this.#client;
    this.#client = undefined;
    this.#clientTarget = undefined;
    for (const unsubscribe of this.#subscriptions.splice(0).toReversed()) unsubscribe();
    try {
      await client?.close();
    } catch (error) {
      this.#deps.log(`closing the link: ${toFailure(error).message}`);
    }
  }

  #replaceProfile(profile: Profile | undefined): void {
    this.#profile = profile;
    for (const listener of this.#listeners) listener.onProfile?.(profile, undefined);
  }

  #dispatch(event: SessionEvent): void {
    const previous = this.#state;
    this.#state = reduce(previous, event);
    if (this.#state === previous) return;
    for (const listener of this.#listeners) listener.onState?.(this.#state, previous);
  }
}

function sameTarget(a: Target | undefined, b: Target): boolean {
  if (a === undefined || a.kind !== b.kind) return false;
  return a.kind === "local" || (b.kind === "ssh" && a.destination === b.destination);
}

async function withTimeout<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(failures.stopTimeout(timeoutMs)), timeoutMs);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
