/** Helper processes on the host, seen from the host. */
import { readFileSync } from "node:fs";
import { descendantsOf } from "../../support/sshd";
import { within } from "../../support/childProcess";
import { world } from "./world";

/** Ids of the helpers that were started over the stage's SSH server. */
export function remoteHelpers(): number[] {
  return descendantsOf(world().stage.sshd.pid).filter(isHelper);
}

/** Whether all of them are gone within the second that the protocol promises, and some for the tools. */
export function helpersGone(): Promise<boolean> {
  return within(2_000, () => remoteHelpers().length === 0);
}

function isHelper(pid: number): boolean {
  try {
    return /^\S*emberline-helper\0serve\0/.test(readFileSync(`/proc/${pid}/cmdline`, "latin1"));
  } catch {
    return false;
  }
}
