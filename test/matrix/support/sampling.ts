import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Sampler } from "./matrix";

/** Waits until a helper samples; what comes after is seen from its start. */
export async function sampling(pid: number, sampler: Sampler): Promise<void> {
  const isReady = sampler === "bpf" ? hasTimer : hasPulse;
  while (!isReady(pid)) await sleep(5);
  // Between this and the first sample lies the search for processes.
  await sleep(500);
}

/** BPF: the perf event is the last thing that it opens. */
function hasTimer(pid: number): boolean {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`) === "anon_inode:[perf_event]";
    } catch {
      return false; // closed since
    }
  });
}

/** procmem: it has a thread bound to one CPU, unless the machine has no other. */
function hasPulse(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).some((tid) => {
    try {
      const status = readFileSync(`/proc/${pid}/task/${tid}/status`, "utf8");
      return /^Cpus_allowed_list:\t\d+$/m.test(status);
    } catch {
      return false; // ended since
    }
  });
}
