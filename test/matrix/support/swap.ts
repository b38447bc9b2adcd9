import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";

const SWAP_FILE = "/var/tmp/emberline-matrix-swap";

/**
 * Sees to it that memory can be paged out: "" when there is swap, or else why there
 * can be none. Swap that it makes ends with the process that made it.
 */
export function swap(): string {
  // A header, and a line for each.
  if (readFileSync("/proc/swaps", "utf8").trim().split("\n").length > 1) return "";
  const run = (command: string, ...args: readonly string[]) =>
    execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  try {
    run("dd", "if=/dev/zero", `of=${SWAP_FILE}`, "bs=1M", "count=256");
    run("chmod", "600", SWAP_FILE);
    run("/sbin/mkswap", SWAP_FILE);
    run("/sbin/swapon", SWAP_FILE);
  } catch (error) {
    rmSync(SWAP_FILE, { force: true });
    return `no swap: ${error instanceof Error ? error.message.split("\n").at(-1) : String(error)}`;
  }
  process.once("exit", () => {
    execFileSync("/sbin/swapoff", [SWAP_FILE]);
    rmSync(SWAP_FILE, { force: true });
  });
  return "";
}
