import { describe, expect, test } from "vitest";
import type { HelperInfo, StartResult, Stats } from "../wire/protocol.gen";
import {
  isBusy,
  isRunning,
  reduce,
  resultsOf,
  type Failure,
  type Selection,
  type SessionEvent,
  type SessionState,
  type Target,
} from "./state";

const target: Target = { kind: "ssh", destination: "web1" };
const helper: HelperInfo = {
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
const run: StartResult = {
  sessionId: 1,
  sampler: "bpf",
  whyNotBpf: "",
  event: "cpu-clock",
  frequencyHz: 99,
  startedAtUnixMs: 1,
};
const selection: Selection = { pids: [42], label: "42 python" };
const failure: Failure = { code: "link-lost", message: "It broke.", nextStep: "Reconnect." };
const stats = (samples: number): Stats => ({
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
});

const toSampling: readonly SessionEvent[] = [
  { kind: "begin", target: undefined },
  { kind: "hostChosen", target },
  { kind: "phase", phase: "deploying", detail: "" },
  { kind: "phase", phase: "elevating", detail: "sudo" },
  { kind: "connected", helper },
  { kind: "listed" },
  { kind: "processesChosen", selection },
  { kind: "started", run },
];

const everyEvent: readonly SessionEvent[] = [
  ...toSampling,
  { kind: "begin", target },
  { kind: "back" },
  { kind: "delta", stats: stats(1) },
  { kind: "stopRequested" },
  { kind: "stopped", stats: undefined },
  { kind: "ended", failure, stats: undefined },
  { kind: "failed", failure },
  { kind: "cancelled" },
  { kind: "cleared" },
];

function after(...events: SessionEvent[]): SessionState {
  return events.reduce<SessionState>(reduce, { kind: "idle" });
}

test("the straight path passes every step once", () => {
  const kinds: string[] = [];
  toSampling.reduce<SessionState>(
    (state, event) => {
      const next = reduce(state, event);
      kinds.push(next.kind);
      return next;
    },
    { kind: "idle" },
  );
  expect(kinds).toEqual([
    "choosingHost",
    "connecting",
    "deploying",
    "elevating",
    "listing",
    "picking",
    "starting",
    "sampling",
  ]);
});

test.for<[string, SessionEvent[], string, number | undefined]>([
  [
    "stop keeps the results",
    [{ kind: "stopRequested" }, { kind: "stopped", stats: stats(9) }],
    "stopped",
    9,
  ],
  [
    "a stop without an answer keeps the last delta's",
    [
      { kind: "delta", stats: stats(5) },
      { kind: "stopped", stats: undefined },
    ],
    "stopped",
    5,
  ],
  [
    "a delta may come while stopping",
    [{ kind: "stopRequested" }, { kind: "delta", stats: stats(6) }],
    "stopping",
    6,
  ],
  [
    "a lost link keeps the samples",
    [
      { kind: "delta", stats: stats(4) },
      { kind: "ended", failure, stats: undefined },
    ],
    "stopped",
    4,
  ],
  [
    "a failed stop keeps the samples",
    [
      { kind: "delta", stats: stats(3) },
      { kind: "failed", failure },
    ],
    "failed",
    3,
  ],
  [
    "a cancel comes too late",
    [{ kind: "delta", stats: stats(2) }, { kind: "cancelled" }],
    "sampling",
    2,
  ],
  [
    "late deltas change nothing",
    [
      { kind: "stopped", stats: stats(8) },
      { kind: "delta", stats: stats(99) },
    ],
    "stopped",
    8,
  ],
])("from sampling: %s", ([, events, kind, samples]) => {
  const state = after(...toSampling, ...events);
  expect(state.kind).toBe(kind);
  expect(resultsOf(state)?.stats?.samples).toBe(samples);
});

test("the link's end is told, not only that it stopped", () => {
  const state = after(...toSampling, { kind: "ended", failure, stats: stats(1) });
  expect(resultsOf(state)?.ended).toEqual(failure);
});

describe("a cancel before samples flow gives back what was there", () => {
  const finished: readonly SessionEvent[] = [...toSampling, { kind: "stopped", stats: stats(9) }];
  test.for(toSampling.slice(0, -1).map((_, index) => index + 1))("after %i steps", (steps) => {
    const fresh = after(...toSampling.slice(0, steps), { kind: "cancelled" });
    expect(fresh).toEqual({ kind: "idle" });
    const second = after(...finished, ...toSampling.slice(0, steps), { kind: "cancelled" });
    expect(second.kind).toBe("stopped");
    expect(resultsOf(second)?.stats?.samples).toBe(9);
  });
});

describe("in every reachable state", () => {
  const reachable = new Map<string, SessionState>();
  const queue: SessionState[] = [{ kind: "idle" }];
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    const key = JSON.stringify(state);
    if (reachable.has(key)) continue;
    reachable.set(key, state);
    for (const event of everyEvent) queue.push(reduce(state, event));
  }

  test("all kinds are reached", () => {
    const kinds = new Set([...reachable.values()].map((state) => state.kind));
    expect([...kinds].toSorted()).toEqual([
      "choosingHost",
      "connecting",
      "deploying",
      "elevating",
      "failed",
      "idle",
      "listing",
      "picking",
      "sampling",
      "starting",
      "stopped",
      "stopping",
    ]);
  });

  test("no event but clear, a begun run or its start forgets results", () => {
    for (const state of reachable.values()) {
      if (resultsOf(state) === undefined) continue;
      for (const event of everyEvent) {
        if (event.kind === "cleared") continue;
        expect(resultsOf(reduce(state, event)), `${state.kind} ${event.kind}`).toBeDefined();
      }
    }
  });

  test("a busy session ends only by an outcome", () => {
    for (const state of reachable.values()) {
      for (const event of everyEvent) {
        const next = reduce(state, event);
        if (isBusy(state) && !isBusy(next)) {
          expect(["stopped", "ended", "failed", "cancelled"]).toContain(event.kind);
        }
        if (isRunning(next) && !isRunning(state)) expect(event.kind).toBe("started");
      }
    }
  });
});
