import { execFileSync } from "node:child_process";

/** Why nothing here becomes root without a question, or undefined when it does. */
export function whyNoRoot(): string | undefined {
  if (process.getuid?.() === 0) return undefined;
  try {
    execFileSync("sudo", ["-n", "true"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "needs root, and sudo asks for a password";
  }
}
