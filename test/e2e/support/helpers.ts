/** What runs of the helper on a host, seen from the host. */
import { readFileSync } from "node:fs";
import { within } from "../../support/childProcess";
import { descendantsOf } from "../../support/sshd";
import { world } from "./world";

/** Ids of helpers, and of the shells and sudos around them, below an SSH server; the stage's by default. */
export function remoteHelpers(sshdPid = world().stage.sshd.pid): number[] {
  return descendantsOf(sshdPid).filter(isHelper);
}

/** Whether all of them are gone within the second that the protocol promises, and one for the shells. */
export function helpersGone(sshdPid?: number): Promise<boolean> {
  return within(2_000, () => remoteHelpers(sshdPid).length === 0);
}

function isHelper(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("/emberline-helper\0");
  } catch {
    return false;
  }
}
