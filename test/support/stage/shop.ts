/** The demo's program, test/workloads/shop, running as an account of the host. */
import { chownSync, cpSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { startChild, within, type Child } from "../childProcess";
import type { Account } from "./account";
import { findPython } from "./python";

export interface Shop extends Child {
  /** The file it was started with, on the host. */
  readonly script: string;
}

/** Time for CPython to start and invent a catalogue, in ms; a loaded machine needs most of it. */
const READY_MS = 20_000;

/** Copies the sources to `folder` on the host and starts the program there. */
export async function startShop(
  sources: string,
  account: Account,
  folder: string,
  logFile: string,
): Promise<Shop> {
  copySources(sources, folder);
  giveTo(account, folder);
  const script = path.join(folder, "serve.py");
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: account.home, LANG: "C.UTF-8" };
  const options = { ...account.ids, cwd: folder, env };
  const child = await startChild(findPython(account), [script], logFile, options);
  const isReady = () => child.log().includes('"ready"');
  await within(READY_MS, () => isReady() || child.hasEnded());
  if (!isReady()) {
    await child.stop();
    throw new Error(`The demo's program did not start:\n${child.log()}`);
  }
  return { ...child, script };
}

/** The sources without what Python leaves among them. */
export function copySources(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    filter: (file) => !file.endsWith("__pycache__"),
  });
}

function giveTo({ ids }: Account, folder: string): void {
  if (ids.uid === undefined || ids.gid === undefined) return;
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const file of ["", ...files]) chownSync(path.join(folder, file), ids.uid, ids.gid);
}
