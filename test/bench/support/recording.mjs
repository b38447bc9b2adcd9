/** One `emberline-helper record` under way, whose cost can be read while it runs. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Records a process for so many seconds, with `extra` options. Returns the account of `--stats`,
 * `startUpMs`, the helper's CPU time until its timer first fired, and `steady`,
 * what the middle of the run cost: {seconds, helperNs, bpfNs}.
 */
export async function record(helper, { pid, seconds, frequencyHz, extra = [] }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "emberline-bench-"));
  const stats = path.join(folder, "stats.json");
  const child = spawn(
    helper,
    [
      "record",
      `--pid=${pid}`,
      `--duration=${seconds}s`,
      `--frequency=${frequencyHz}`,
      `--output=${path.join(folder, "stacks")}`,
      `--stats=${stats}`,
      ...extra,
    ],
    { stdio: ["ignore", "inherit", "inherit"] },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    while (!hasTimerFired(child.pid)) {
      if (child.exitCode !== null) throw new Error(`record ended with ${child.exitCode}`);
      await sleep(5);
    }
    const first = cost(child.pid);
    // What is new costs more than what is known: the first second is start-up too.
    await sleep(1_000);
    const from = cost(child.pid);
    await sleep(seconds * 1_000 - 1_500);
    const to = cost(child.pid);
    const code = await ended;
    if (code !== 0) throw new Error(`record ended with ${code}`);
    return {
      ...JSON.parse(readFileSync(stats, "utf8")),
      startUpMs: first.helperNs / 1e6,
      steady: {
        seconds: (to.atMs - from.atMs) / 1_000,
        helperNs: to.helperNs - from.helperNs,
        bpfNs: to.bpfNs - from.bpfNs,
      },
    };
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

/** CPU time so far: of the helper's threads, and of its BPF programs wherever they ran. */
function cost(pid) {
  const helperNs = filesOf(`/proc/${pid}/task`, "schedstat")
    // sched-stats: the first number is the time on the CPU, in ns.
    .reduce((sum, text) => sum + Number(text.split(" ")[0]), 0);
  const bpfNs = filesOf(`/proc/${pid}/fdinfo`)
    .map((text) => Number(/^run_time_ns:\t(\d+)$/m.exec(text)?.[1] ?? 0))
    .reduce((a, b) => a + b, 0);
  return { atMs: performance.now(), helperNs, bpfNs };
}

/** Whether a BPF program for perf events (prog_type 7, linux/bpf.h) has run. */
const hasTimerFired = (pid) =>
  filesOf(`/proc/${pid}/fdinfo`).some(
    (text) => /^prog_type:\t7$/m.test(text) && /^run_cnt:\t[1-9]/m.test(text),
  );

/** Texts below a folder of /proc, whose entries come and go. */
function filesOf(folder, name = "") {
  return list(folder).flatMap((entry) => {
    try {
      return [readFileSync(path.join(folder, entry, name), "utf8")];
    } catch {
      return [];
    }
  });
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
