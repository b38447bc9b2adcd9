/** Who the demo's program runs as on the host, and who logs in there. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import * as path from "node:path";
import { makeUser } from "../sshUsers";

export interface Account {
  readonly name: string;
  /** Where its files are on the host. */
  readonly home: string;
  /** How a child runs as this account; empty for one's own. */
  readonly ids: { readonly uid?: number; readonly gid?: number };
  /** Lines of sshd_config that it needs. */
  readonly sshdConfig: readonly string[];
  remove(): void;
}

/**
 * As root a throw-away user who may use sudo without a password; otherwise the
 * one who runs this, with a home below `dir`, so that nothing stays in the real one.
 */
export function openAccount(dir: string): Account {
  if (process.getuid?.() === 0) {
    const user = makeUser({ sudo: "nopasswd", home: `/srv/shop-${process.pid}` });
    const gid = Number(execFileSync("id", ["-g", user.name], { encoding: "utf8" }));
    return {
      name: user.name,
      home: user.home,
      ids: { uid: user.uid, gid },
      sshdConfig: [],
      remove: () => user.remove(),
    };
  }
  const home = path.join(dir, "host");
  mkdirSync(home);
  const sshdConfig = [`SetEnv HOME=${home}`];
  return { name: userInfo().username, home, ids: {}, sshdConfig, remove: () => {} };
}
