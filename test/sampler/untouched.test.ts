import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { newest, sampled, testEach } from "./support/machine";
import { Recorder } from "./support/record";
import { Workload } from "./support/workload";

interface ThreadStatus {
  /** proc_pid_status(5): R, S, D, T (stopped), t (stopped by a tracer), Z, X */
  readonly state: string;
  readonly tracer: number;
}

function threadsOf(pid: number): ThreadStatus[] {
  return readdirSync(`/proc/${pid}/task`).map((tid) => {
    const status = readFileSync(`/proc/${pid}/task/${tid}/status`, "utf8");
    return {
      state: /^State:\t(\S)/m.exec(status)?.[1] ?? "",
      tracer: Number(/^TracerPid:\t(\d+)/m.exec(status)?.[1]),
    };
  });
}

sampled("a target is neither stopped nor traced", () => {
  testEach([newest], async (interpreter) => {
    const workload = await Workload.start(interpreter, "threads.py", ["--threads", "20"]);
    const recorder = new Recorder({ pids: [workload.pid], seconds: 2, frequencyHz: 999 });
    const seen: ThreadStatus[] = [];
    const ended = recorder.ended.then(() => "ended");
    while ((await Promise.race([ended, sleep(1)])) !== "ended") {
      seen.push(...threadsOf(workload.pid));
    }
    const { stats } = await recorder.finished();
    expect(stats.samples).toBeGreaterThan(0);
    expect(seen.length).toBeGreaterThan(1_000);
    expect(new Set(seen.map((status) => status.state))).not.toContain("T");
    expect(new Set(seen.map((status) => status.state))).not.toContain("t");
    expect(new Set(seen.map((status) => status.tracer))).toEqual(new Set([0]));
    await workload.end();
  });
});
