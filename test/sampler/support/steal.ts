import { readFileSync } from "node:fs";

/** Jiffies of all CPUs from /proc/stat: all together, and those the host has taken (steal). */
function jiffies(): { all: number; stolen: number } {
  const [, ...fields] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").split(/ +/);
  const numbers = fields.slice(0, 8).map(Number);
  return { all: numbers.reduce((a, b) => a + b, 0), stolen: numbers[7] ?? 0 };
}

/**
 * Starts to measure; the function it returns says which share of all CPU time
 * the machine's host has taken away since. 0 on a machine of its own.
 */
export function stolenShare(): () => number {
  const before = jiffies();
  return () => {
    const now = jiffies();
    return now.all === before.all ? 0 : (now.stolen - before.stolen) / (now.all - before.all);
  };
}
