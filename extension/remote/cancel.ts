import { remoteError } from "./errors";
import type {
  KeyboardInteractiveQuestion,
  PassphraseQuestion,
  PasswordQuestion,
  Prompter,
  SudoPasswordQuestion,
  UnknownHostKeyQuestion,
  WithoutRootQuestion,
} from "./prompter";

/** Throws the catalogue's “cancelled” when the signal has fired. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw remoteError("cancelled", {});
}

/** Runs `onAbort` once when the signal fires (at once if it has); returns how to stop waiting for it. */
export function whenAborted(signal: AbortSignal, onAbort: () => void): () => void {
  if (signal.aborted) {
    onAbort();
    return () => {};
  }
  signal.addEventListener("abort", onAbort, { once: true });
  return () => signal.removeEventListener("abort", onAbort);
}

/** `promise`, or “cancelled” as soon as the signal fires. */
export async function orCancelled<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {};
  const cancelled = new Promise<never>((_resolve, reject) => {
    stop = whenAborted(signal, () => reject(remoteError("cancelled", {})));
  });
  try {
    return await Promise.race([promise, cancelled]);
  } finally {
    stop();
  }
}

/** Waits; rejects with “cancelled” when the signal fires first. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await orCancelled(elapsed, signal);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A time limit that stands still while a person is being asked. ssh2's own
 * readyTimeout does not, and cuts off whoever compares a fingerprint with care.
 */
export class Deadline {
  #leftMs: number;
  #startedAtMs = 0;
  #pauses = 0;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    limitMs: number,
    private readonly onExpire: () => void,
  ) {
    this.#leftMs = limitMs;
    this.#run();
  }

  /** Stops the clock while `question` is open. */
  async during<T>(question: () => Promise<T>): Promise<T> {
    if (this.#pauses++ === 0) {
      clearTimeout(this.#timer);
      this.#leftMs -= performance.now() - this.#startedAtMs;
    }
    try {
      return await question();
    } finally {
      if (--this.#pauses === 0) this.#run();
    }
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    if (this.#ended) return;
    this.#startedAtMs = performance.now();
    this.#timer = setTimeout(this.onExpire, Math.max(this.#leftMs, 0));
  }
}

/**
 * The same prompter, whose questions stop the clock, end at once when the
 * signal fires, and throw “cancelled” instead of answering undefined.
 */
export function askingPrompter(prompter: Prompter, signal: AbortSignal, deadline?: Deadline) {
  const ask = async <A>(question: () => Promise<A | undefined>): Promise<A> => {
    throwIfCancelled(signal);
    const asked = () => orCancelled(question(), signal);
    const answer = await (deadline ? deadline.during(asked) : asked());
    if (answer === undefined) throw remoteError("cancelled", {});
    return answer;
  };
  return {
    /** Waits for a person's hand elsewhere (an agent that wants a touch): the clock stands still. */
    waitFor: <T>(work: () => Promise<T>): Promise<T> => (deadline ? deadline.during(work) : work()),
    askPassword: (q: PasswordQuestion) => ask(() => prompter.askPassword(q, signal)),
    askPassphrase: (q: PassphraseQuestion) => ask(() => prompter.askPassphrase(q, signal)),
    answerKeyboardInteractive: (q: KeyboardInteractiveQuestion) =>
      ask(() => prompter.answerKeyboardInteractive(q, signal)),
    confirmUnknownHostKey: (q: UnknownHostKeyQuestion) =>
      ask(() => prompter.confirmUnknownHostKey(q, signal)),
    askSudoPassword: (q: SudoPasswordQuestion) => ask(() => prompter.askSudoPassword(q, signal)),
    goOnWithoutRoot: (q: WithoutRootQuestion) => ask(() => prompter.goOnWithoutRoot(q, signal)),
  };
}

/** What askingPrompter returns: every answer is there, or the attempt is over. */
export type AskingPrompter = ReturnType<typeof askingPrompter>;
