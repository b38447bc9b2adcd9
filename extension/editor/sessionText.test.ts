import { expect, test } from "vitest";
import type { Results } from "../session/state";
import type { HelperInfo, StartResult, Stats } from "../wire/protocol.gen";
import { detailsMarkdown, limitsText } from "./sessionText";

const helper: HelperInfo = {
  protocolVersion: 1,
  version: "0.1.0",
  buildHash: "ab",
  hostname: "web1",
  kernel: "4.19.0",
  architecture: "x86_64",
  pid: 7,
  uid: 1000,
  counterMeanings: { truncated: "The stack was deeper than the sampler walks." },
};
const stats: Stats = {
  duration_ns: 1e9,
  frequency_hz: 99,
  sampler: "procmem",
  event: "cpu-clock",
  samples: 50,
  expected: 100,
  lost: 0,
  error_stacks: 0,
  truncated_stacks: 0,
  bpf_runs: 0,
  bpf_ns: 0,
  helper_cpu_ns: 2e7,
  helper_peak_rss_bytes: 2 ** 24,
  counters: { truncated: 3, unknown: 1 },
  processes: [],
};

function results(run: Partial<StartResult>, uid = helper.uid): Results {
  return {
    target: { kind: "ssh", destination: "web1" },
    helper: { ...helper, uid },
    run: {
      sessionId: 1,
      sampler: "bpf",
      whyNotBpf: "",
      event: "cpu-clock",
      frequencyHz: 99,
      startedAtUnixMs: 0,
      ...run,
    },
    selection: { pids: [42], label: "42 app.py" },
    stats: { ...stats, sampler: run.sampler ?? "bpf" },
    ended: undefined,
  };
}

const without = { sampler: "procmem", whyNotBpf: "The kernel forbids BPF here." };

test("a run without BPF says why, and what is missing", () => {
  const text = limitsText(results(without)) ?? "";
  expect(text).toMatch(/^The kernel forbids BPF here\. /);
  for (const part of ["only processes of your user", "no native and kernel frames", "more cost"]) {
    expect(text).toContain(part);
  }
  // Root sees everybody's.
  expect(limitsText(results(without, 0))).not.toContain("your user");
});

test("a run with BPF has nothing to say about it", () => {
  expect(limitsText(results({}))).toBeUndefined();
});

test("the details tell it too, and no cost in a kernel that does nothing", () => {
  const page = detailsMarkdown(results(without));
  expect(page).toContain("| Without BPF | The kernel forbids BPF here.");
  expect(page).toContain("procmem, cpu-clock at 99 Hz");
  expect(page).not.toContain("Sampling in the kernel");
  const usual = detailsMarkdown(results({}));
  expect(usual).toContain("Sampling in the kernel");
  expect(usual).not.toContain("Without BPF");
});

test("the details say what a counter counts, as far as the helper told", () => {
  const page = detailsMarkdown(results({}));
  expect(page).toContain("| truncated | 3 | The stack was deeper than the sampler walks. |");
  expect(page).toContain("| unknown | 1 |  |");
});

test("the details say how many native stacks are whole, where there are any", () => {
  expect(detailsMarkdown(results({}))).not.toContain("native stacks");
  const walked = results({});
  const page = detailsMarkdown({
    ...walked,
    stats: { ...stats, counters: { native_whole: 40 } },
  });
  expect(page).toContain("| Whole native stacks | 40 | 80.0% |");
});
