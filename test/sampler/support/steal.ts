import { readFileSync } from "node:fs";

/** sysconf(_SC_CLK_TCK): the unit of /proc/stat is the same on every Linux that Node runs on. */
const JIFFY_NS = 10_000_000;

/** CPU time that the machine's host has taken away from it so far, of all its CPUs. */
function stolenNs(): number {
  const [, ...jiffies] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").split(/ +/);
  return Number(jiffies[7] ?? 0) * JIFFY_NS;
}

/** Starts to measure; the function it returns says how much was taken away since. */
export function measureSteal(): () => number {
  const before = stolenNs();
  // A jiffy that has begun is not counted yet.
  return () => stolenNs() - before + JIFFY_NS;
}
