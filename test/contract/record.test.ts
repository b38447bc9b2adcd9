import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { DoctorReport, ProcessInfo, Stats } from "../../extension/wire/protocol.gen";
import { runHelper } from "./support/command";
import { asNobody } from "./support/helper";
import { burn, busy, folder, hotLine, program, python, script } from "./support/programs";

/** Who may read another process's memory (Documentation/admin-guide/LSM/Yama.rst); not there: one's own. */
function traceScope(): string {
  const file = "/proc/sys/kernel/yama/ptrace_scope";
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "0";
}

/** The contract's names, so that none goes missing. */
const statsKeys = [
  "duration_ns",
  "frequency_hz",
  "sampler",
  "event",
  "samples",
  "expected",
  "lost",
  "error_stacks",
  "truncated_stacks",
  "bpf_runs",
  "bpf_ns",
  "helper_cpu_ns",
  "helper_peak_rss_bytes",
  "counters",
  "processes",
];

const processKeys = [
  "pid",
  "user",
  "cpu_percent",
  "version",
  "free_threaded",
  "build",
  "libc",
  "command",
  "container",
  "threads",
  "profilable",
  "why_not",
];

describe("record", () => {
  test("writes collapsed stacks with the lines that ran, and a true account", async () => {
    const file = script(burn);
    const worker = await busy(file);
    const stats = path.join(folder(), "stats.json");
    const args = ["record", "--pid", String(worker.pid), "--duration", "1500ms"];
    const ended = await runHelper([...args, "--frequency", "499", "--stats", stats]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    const lines = ended.stdout.trimEnd().split("\n");
    const name = `python3 [${worker.pid}]`;
    let total = 0;
    let hot = 0;
    for (const line of lines) {
      const [, stack = "", count] = /^(.*) (\d+)$/.exec(line) ?? [];
      const frames = stack.split(";");
      expect(frames.slice(0, 2)).toEqual([name, name]);
      total += Number(count);
      if (stack.includes(`hot (${file}:${hotLine})`)) hot += Number(count);
    }
    const account = JSON.parse(readFileSync(stats, "utf8")) as Stats;
    expect(Object.keys(account).toSorted()).toEqual(statsKeys.toSorted());
    expect(account.samples).toBe(total);
    expect(account.bpf_runs).toBeGreaterThan(0);
    expect(account.bpf_ns).toBeGreaterThan(0);
    expect(account.processes).toMatchObject([{ pid: worker.pid, samples: total }]);
    expect(hot).toBeGreaterThan(total / 3);
  });

  test.each([
    ["pprof", (file: Buffer) => gunzipSync(file).includes("hot")],
    ["speedscope", (file: Buffer) => hasKeys(file, "$schema", "shared", "profiles")],
    ["gecko", (file: Buffer) => hasKeys(file, "meta", "threads", "libs")],
    ["collapsed", (file: Buffer) => file.includes(";hot (")],
  ])("writes %s", async (format, isGood) => {
    const worker = await busy(script(burn));
    const output = path.join(folder(), "profile");
    const args = ["record", "--pid", String(worker.pid), "--duration", "300ms"];
    const ended = await runHelper([...args, "--format", format, "--output", output]);
    expect(ended).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(isGood(readFileSync(output))).toBe(true);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s ends it early and still writes", async (signal) => {
    const worker = await busy(script(burn));
    const running = runHelper(["record", "--pid", String(worker.pid), "--duration", "60s"]);
    setTimeout(() => running.signal(signal), 1500);
    const beganMs = performance.now();
    const ended = await running;
    expect(performance.now() - beganMs).toBeLessThan(10_000);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toContain(";hot (");
  });

  test("ends when its processes have", async () => {
    const ending = "import time\nuntil = time.monotonic() + 5\nwhile time.monotonic() < until";
    const file = script(burn.replace("while True", ending));
    const worker = await busy(file);
    const ended = await runHelper(["record", "--pid", String(worker.pid), "--duration", "60s"]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toContain(`hot (${file}:${hotLine})`);
  });

  test("--all samples also what starts later", async () => {
    const running = runHelper(["record", "--all", "--duration", "3s"]);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const file = script(burn);
    await busy(file);
    const ended = await running;
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toContain(`hot (${file}:${hotLine})`);
  });

  test("leaves kernel frames out when asked", async () => {
    const file = script("import os\nwhile True:\n    os.stat('/etc/passwd')\n");
    const worker = await busy(file);
    const args = ["record", "--pid", String(worker.pid), "--duration", "1s", "--frequency", "999"];
    const [withKernel, without] = [
      await runHelper([...args, "--no-native"]),
      await runHelper([...args, "--no-kernel"]),
    ];
    expect(withKernel.stdout).toMatch(/_\[k\] \d+\n/);
    expect(without.stdout).toContain(`(${file}:3)`);
    expect(without.stdout).not.toContain("_[k]");
  });
});

describe("failures are one line with a code and a next step", () => {
  test("of the processes: status 4", async () => {
    const sleeper = await program("sleep", "60");
    for (const [pid, code] of [
      [sleeper.pid, "not-python"],
      [2 ** 30, "no-such-process"],
    ] as const) {
      const ended = await runHelper(["record", "--pid", String(pid), "--duration", "1s"]);
      expect(ended).toMatchObject({ code: 4, stdout: "" });
      expect(ended.stderr).toMatch(
        new RegExp(`^emberline-helper: ${code}: [^\n]+\\. [^\n]+\\.\n$`),
      );
    }
  });

  test("of the output: status 1, before anything is sampled", async () => {
    const worker = await busy(script(burn));
    const output = path.join(folder(), "no/such/folder");
    const beganMs = performance.now();
    const args = ["record", "--pid", String(worker.pid), "--duration", "30s", "--output", output];
    const ended = await runHelper(args);
    expect(performance.now() - beganMs).toBeLessThan(10_000);
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toMatch(/^emberline-helper: output: [^\n]+\. [^\n]+\.\n$/);
    expect(existsSync(output)).toBe(false);
  });

  test("of the privilege: status 3", async () => {
    const worker = await busy(script(burn), ...asNobody());
    const args = ["record", "--pid", String(worker.pid), "--duration", "1s", "--sampler", "bpf"];
    const ended = await runHelper(args, asNobody());
    expect(ended).toMatchObject({ code: 3, stdout: "" });
    expect(ended.stderr).toMatch(/^emberline-helper: not-permitted: [^\n]+\. [^\n]+\.\n$/);
  });
});

describe("without privilege", () => {
  test("doctor names each thing that is missing and what to do", async () => {
    const ended = await runHelper(["doctor", "--json"], asNobody());
    expect(ended).toMatchObject({ code: 3, stderr: "" });
    const report = JSON.parse(ended.stdout) as DoctorReport;
    expect(report.canSample).toBe(false);
    const missing = report.checks.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(missing).toEqual(expect.arrayContaining(["bpf", "capabilities", "proc"]));
    for (const { name, ok, found, nextStep } of report.checks) {
      expect(found, name).not.toBe("");
      expect(nextStep === "", name).toBe(ok);
    }
  });

  test("ps tells what may be sampled from user space from what may not", async () => {
    const [own, foreign] = [await busy(script(burn), ...asNobody()), await busy(script(burn))];
    const ended = await runHelper(["ps", "--json"], asNobody());
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    const processes = JSON.parse(ended.stdout) as ProcessInfo[];
    const [mine, other] = [own.pid, foreign.pid].map((pid) => processes.find((p) => p.pid === pid));
    const mayRead = traceScope() === "0";
    expect(mine).toMatchObject({ user: "nobody", profilable: mayRead, build: "static" });
    expect(mine?.version).toMatch(/^3\./);
    expect(other).toMatchObject({ user: "root", profilable: false, version: "" });
    for (const process of processes) expect(process.why_not === "").toBe(process.profilable);
  });
});

describe("with privilege", () => {
  test("doctor finds everything", async () => {
    const ended = await runHelper(["doctor", "--json"]);
    const report = JSON.parse(ended.stdout) as DoctorReport;
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    const table = await runHelper(["doctor"]);
    expect(table.stdout.match(/^\S+ +ok /gm)).toHaveLength(report.checks.length);
  });

  test("ps has the keys of the contract", async () => {
    const worker = await program(python, "-c", "import time; time.sleep(60)");
    const ended = await runHelper(["ps", "--json"]);
    const processes = JSON.parse(ended.stdout) as ProcessInfo[];
    const info = processes.find(({ pid }) => pid === worker.pid);
    expect(Object.keys(info ?? {})).toEqual(processKeys);
    const table = await runHelper(["ps"]);
    expect(table.stdout).toMatch(new RegExp(`^${worker.pid} +root .*time\\.sleep\\(60\\)$`, "m"));
  });
});

function hasKeys(file: Buffer, ...keys: string[]): boolean {
  const value = JSON.parse(file.toString()) as object;
  return keys.every((key) => key in value);
}
