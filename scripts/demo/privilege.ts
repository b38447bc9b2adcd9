import { execFileSync } from "node:child_process";

/**
 * Why sampling would ask a question here that nobody answers, with what to do;
 * undefined when it will not. A person at the keyboard can type a password.
 */
export function whyNoSampling(): string | undefined {
  if (process.getuid?.() === 0) return undefined;
  try {
    execFileSync("sudo", ["-n", "true"], { stdio: "ignore" });
    return undefined;
  } catch {
    return (
      "Sampling needs root, and sudo asks for a password here. " +
      "Run it as root, or run `npm run demo` in a terminal and type the password when asked."
    );
  }
}
