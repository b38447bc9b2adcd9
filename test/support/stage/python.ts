/** The CPython that runs the demo's program. */
import { execFileSync } from "node:child_process";
import type { Account } from "./account";

const candidates = ["/usr/bin/python3", "/usr/local/bin/python3"];
const LEAST = [3, 11] as const;

/** An interpreter that the account can run and the sampler can read. Throws when there is none. */
export function findPython(account: Account): string {
  const seen: string[] = [];
  for (const file of candidates) {
    const version = versionOf(file, account);
    if (version === undefined) continue;
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major === LEAST[0] && minor >= LEAST[1]) return file;
    seen.push(`${file} is ${version}`);
  }
  const found = seen.length > 0 ? seen.join(", ") : `neither ${candidates.join(" nor ")} runs`;
  throw new Error(`The demo's program needs CPython ${LEAST.join(".")} or newer: ${found}.`);
}

function versionOf(file: string, { ids }: Account): string | undefined {
  const ask = "import platform; print(platform.python_version())";
  try {
    return execFileSync(file, ["-c", ask], { ...ids, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return undefined;
  }
}
