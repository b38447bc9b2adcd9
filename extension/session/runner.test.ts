import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ProfileTextBuilder } from "../../test/support/profileText";
import type {
  Delta,
  EndedParams,
  HelperInfo,
  StartParams,
  StartResult,
  Stats,
} from "../wire/protocol.gen";
import { remoteError } from "../remote/errors";
import { toFailure } from "./failures";
import type { HelperClient, ProcessAnswer, Questions } from "./ports";
import { SessionRunner } from "./runner";
import { resultsOf, type Failure, type Target } from "./state";

const web1: Target = { kind: "ssh", destination: "web1" };
const info: HelperInfo = {
  protocolVersion: 1,
  version: "0.1.0",
  buildHash: "ab",
  hostname: "web1",
  kernel: "6.1.0",
  architecture: "x86_64",
  pid: 7,
  uid: 0,
  counterMeanings: {},
};
const oneProcess: ProcessAnswer = { pids: [42], label: "42 app.py" };

function statsOf(samples: number): Stats {
  return {
    duration_ns: 0,
    frequency_hz: 99,
    sampler: "bpf",
    event: "cpu-clock",
    samples,
    expected: samples,
    lost: 0,
    error_stacks: 0,
    truncated_stacks: 0,
    bpf_runs: 0,
    bpf_ns: 0,
    helper_cpu_ns: 0,
    helper_peak_rss_bytes: 0,
    counters: {},
    processes: [],
  };
}

/** A helper that does what it is told, and writes down what it was asked. */
class ScriptedHelper implements HelperClient {
  readonly info = info;
  isOpen = true;
  readonly calls: string[] = [];
  readonly #delta = new Set<(delta: Delta) => void>();
  readonly #ended = new Set<(ended: EndedParams) => void>();
  readonly #lost = new Set<(failure: Failure) => void>();
  readonly #profile = new ProfileTextBuilder();
  onStart: (params: StartParams, signal: AbortSignal) => Promise<StartResult> = () =>
    Promise.resolve({
      sessionId: 1,
      sampler: "bpf",
      whyNotBpf: "",
      event: "cpu-clock",
      frequencyHz: 99,
      startedAtUnixMs: 1,
    });
  onStop: () => Promise<{ stats: Stats }> = () => Promise.resolve({ stats: statsOf(5) });

  listProcesses() {
    this.calls.push("list");
    return Promise.resolve([]);
  }
  doctor() {
    return Promise.resolve({ canSample: true, checks: [], samplers: [] });
  }
  start(params: StartParams, signal: AbortSignal) {
    this.calls.push(`start ${params.pids.join(",")}`);
    return this.onStart(params, signal);
  }
  stop(sessionId: number) {
    this.calls.push(`stop ${sessionId}`);
    return this.onStop();
  }
  acknowledge(sessionId: number, sequence: number) {
    this.calls.push(`ack ${sessionId}.${sequence}`);
  }
  readContent(uri: string) {
    return Promise.resolve(uri);
  }
  onDelta(listener: (delta: Delta) => void) {
    this.#delta.add(listener);
    return () => void this.#delta.delete(listener);
  }
  onEnded(listener: (ended: EndedParams) => void) {
    this.#ended.add(listener);
    return () => void this.#ended.delete(listener);
  }
  onLost(listener: (failure: Failure) => void) {
    this.#lost.add(listener);
    return () => void this.#lost.delete(listener);
  }
  close() {
    if (this.isOpen) this.calls.push("close");
    this.isOpen = false;
    return Promise.resolve();
  }

  /** Sends `samples` samples of one line. */
  send(samples: number, sessionId = 1): void {
    const part = this.#profile.delta(`x${samples}\nmain[app.py:10]`);
    const delta = { ...part, sessionId, stats: statsOf(samples) } as Delta;
    for (const listener of this.#delta) listener(delta);
  }
  sendBroken(): void {
    const part = this.#profile.delta("main[app.py:10]");
    const delta = { ...part, sequence: 99, sessionId: 1, stats: statsOf(1) } as Delta;
    for (const listener of this.#delta) listener(delta);
  }
  end(reason: string): void {
    const ended = { sessionId: 1, reason, message: "It ended.", stats: statsOf(3) };
    for (const listener of this.#ended) listener(ended);
  }
  loseLink(): void {
    this.isOpen = false;
    for (const listener of this.#lost)
      listener(toFailure(remoteError("link-lost", { host: "web1" })));
  }
}

interface Script {
  readonly helpers?: ScriptedHelper[];
  readonly host?: (signal: AbortSignal) => Promise<Target | undefined>;
  readonly processes?: (signal: AbortSignal) => Promise<ProcessAnswer>;
  readonly connect?: (signal: AbortSignal) => Promise<HelperClient>;
}

function session(script: Script = {}) {
  const helpers = script.helpers ?? [new ScriptedHelper()];
  let next = 0;
  const questions: Questions = {
    chooseHost: script.host ?? (() => Promise.resolve(web1)),
    chooseProcesses: async (_target, _helper, list, signal) => {
      await list();
      return script.processes === undefined ? oneProcess : script.processes(signal);
    },
  };
  const kinds: string[] = [];
  const runner = new SessionRunner({
    connect: (_target, onPhase, signal) => {
      onPhase("connecting", "");
      if (script.connect !== undefined) return script.connect(signal);
      const helper = helpers[next++];
      return helper === undefined ? Promise.reject(new Error("no more")) : Promise.resolve(helper);
    },
    questions,
    samplingOptions: () => ({ frequencyHz: 99, native: true, kernel: false }),
    log: () => {},
  });
  runner.listen({ onState: (state) => kinds.push(state.kind) });
  const [helper] = helpers;
  if (helper === undefined) throw new Error("a script needs a helper");
  return { runner, helper, kinds };
}

/** Settles when the signal aborts, as a closed picker does. */
function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("from the command to samples to a stop that keeps them", async () => {
  const { runner, helper, kinds } = session();
  await runner.begin();
  expect(kinds).toEqual([
    "choosingHost",
    "connecting",
    "listing",
    "picking",
    "starting",
    "sampling",
  ]);
  helper.send(2);
  helper.send(3);
  await runner.stop();
  expect(runner.state.kind).toBe("stopped");
  expect(runner.profile?.totalSamples).toBe(5);
  expect(helper.calls).toEqual(["list", "start 42", "ack 1.1", "ack 1.2", "stop 1"]);
});

test("a run samples what the settings say", async () => {
  const { runner, helper } = session();
  const start = vi.spyOn(helper, "start");
  await runner.begin();
  expect(start.mock.lastCall?.[0]).toMatchObject({ frequencyHz: 99, native: true, kernel: false });
});

test("a delta that overtakes the answer to start is not lost", async () => {
  const { runner, helper } = session();
  const { onStart } = helper;
  helper.onStart = (params, signal) => {
    helper.send(4);
    return onStart(params, signal);
  };
  await runner.begin();
  expect(runner.profile?.totalSamples).toBe(4);
  expect(helper.calls).toContain("ack 1.1");
});

test("a delta of another session is not taken", async () => {
  const { runner, helper } = session();
  await runner.begin();
  helper.send(4, 2);
  expect(runner.profile?.totalSamples).toBe(0);
  expect(helper.calls).not.toContain("ack 2.1");
});

describe("cancel", () => {
  test.for<[string, Script]>([
    ["while the host is chosen", { host: untilAborted }],
    [
      "while connecting",
      {
        connect: (signal) =>
          untilAborted(signal).then(() => Promise.reject(new DOMException("", "AbortError"))),
      },
    ],
    ["while processes are chosen", { processes: untilAborted }],
  ])("%s", async ([, script]) => {
    const { runner, helper } = session(script);
    const begun = runner.begin();
    await vi.advanceTimersByTimeAsync(1);
    expect(runner.state.kind).not.toBe("idle");
    runner.cancel();
    await begun;
    expect(runner.state).toEqual({ kind: "idle" });
    expect(helper.calls.filter((call) => call === "list").length > 0).toBe(!helper.isOpen);
  });

  test("that crosses the answer to start stops what was started", async () => {
    const { runner, helper } = session();
    const { onStart } = helper;
    helper.onStart = (params, signal) => {
      runner.cancel();
      return onStart(params, signal);
    };
    await runner.begin();
    expect(runner.state).toEqual({ kind: "idle" });
    expect(helper.calls).toEqual(["list", "start 42", "stop 1", "close"]);
  });

  test("of a second run gives back the first one's results", async () => {
    let run = 0;
    const processes = (signal: AbortSignal) =>
      ++run === 1 ? Promise.resolve(oneProcess) : untilAborted(signal);
    const { runner, helper } = session({ processes });
    await runner.begin();
    helper.send(7);
    await runner.stop();
    const begun = runner.begin();
    await vi.advanceTimersByTimeAsync(1);
    runner.cancel();
    await begun;
    expect(runner.state.kind).toBe("stopped");
    expect(runner.profile?.totalSamples).toBe(7);
  });
});

test("back goes to the host question and connects anew", async () => {
  const answers: ProcessAnswer[] = ["back", oneProcess];
  const hosts: Target[] = [web1, { kind: "ssh", destination: "web2" }];
  const helpers = [new ScriptedHelper(), new ScriptedHelper()];
  const { runner } = session({
    helpers,
    host: () => Promise.resolve(hosts.shift()),
    processes: () => Promise.resolve(answers.shift()),
  });
  await runner.begin();
  expect(runner.state.kind).toBe("sampling");
  expect(helpers.map((helper) => helper.isOpen)).toEqual([false, true]);
});

test("a second run on the same host uses the open link", async () => {
  const { runner, helper } = session();
  await runner.begin();
  await runner.stop();
  await runner.begin(web1);
  expect(runner.state.kind).toBe("sampling");
  expect(helper.calls.filter((call) => call.startsWith("start"))).toHaveLength(2);
});

describe("the link is lost", () => {
  test("in mid-run: samples received are kept, the cause is told", async () => {
    const { runner, helper } = session();
    await runner.begin();
    helper.send(6);
    helper.loseLink();
    expect(runner.state.kind).toBe("stopped");
    expect(resultsOf(runner.state)?.ended?.code).toBe("link-lost");
    expect(runner.profile?.totalSamples).toBe(6);
  });

  test("while a question is open: the question closes and the cause is told", async () => {
    const { runner, helper } = session({ processes: untilAborted });
    const begun = runner.begin();
    await vi.advanceTimersByTimeAsync(1);
    helper.loseLink();
    await begun;
    expect(runner.state).toMatchObject({ kind: "failed", failure: { code: "link-lost" } });
  });

  test("while stopping: the stop's own failure is not told as well", async () => {
    const { runner, helper } = session();
    await runner.begin();
    helper.send(6);
    helper.onStop = () => {
      helper.loseLink();
      return Promise.reject(new Error("gone"));
    };
    await runner.stop();
    expect(runner.state.kind).toBe("stopped");
    expect(runner.profile?.totalSamples).toBe(6);
  });
});

test("a helper that does not answer the stop: results are kept", async () => {
  const { runner, helper } = session();
  await runner.begin();
  helper.send(6);
  helper.onStop = () => new Promise(() => {});
  const stopped = runner.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  await stopped;
  expect(runner.state).toMatchObject({ kind: "failed", failure: { code: "stop-timeout" } });
  expect(helper.isOpen).toBe(false);
  expect(runner.profile?.totalSamples).toBe(6);
});

test("a delta that does not fit ends the run, and what was applied stays", async () => {
  const { runner, helper } = session();
  await runner.begin();
  helper.send(6);
  helper.sendBroken();
  expect(resultsOf(runner.state)?.ended?.code).toBe("bad-delta");
  expect(runner.profile?.totalSamples).toBe(6);
  expect(helper.calls).not.toContain("ack 1.99");
  expect(helper.isOpen).toBe(false);
});

test("targets that exit end the run with the account the helper gave", async () => {
  const { runner, helper } = session();
  await runner.begin();
  helper.send(2);
  helper.end("targets-exited");
  expect(resultsOf(runner.state)).toMatchObject({
    ended: { code: "targets-exited" },
    stats: { samples: 3 },
  });
});

test("the link closes some time after the run, and at once on clear", async () => {
  const lingering = session();
  await lingering.runner.begin();
  await lingering.runner.stop();
  expect(lingering.helper.isOpen).toBe(true);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(lingering.helper.isOpen).toBe(false);

  const cleared = session();
  await cleared.runner.begin();
  await cleared.runner.stop();
  await cleared.runner.clear();
  expect(cleared.helper.isOpen).toBe(false);
  expect(cleared.runner.profile).toBeUndefined();
  expect(cleared.runner.state).toEqual({ kind: "idle" });
});
