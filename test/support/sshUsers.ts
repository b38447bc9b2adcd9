/** Throw-away Unix users with a password and a sudo rule of their own. Root only. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";

import { descendantsOf } from "./sshd";

export interface TestUser {
  readonly name: string;
  readonly home: string;
  readonly password: string;
  readonly uid: number;
  remove(): void;
}

export interface UserOptions {
  /** What sudo allows: nothing, everything with the password, everything without. */
  readonly sudo?: "none" | "password" | "nopasswd";
  /** Flags of sudoers for this user alone: "use_pty". */
  readonly sudoDefaults?: string;
  readonly shell?: string;
  /** Its home directory, below a directory that exists; /home/NAME unless given. */
  readonly home?: string;
}

const PREFIX = "emberline-t";

/** Makes a user whose name holds this process's id, so that a crashed run's users can be told. */
export function makeUser(options: UserOptions = {}): TestUser {
  removeLeftovers();
  const name = `${PREFIX}${process.pid}-${randomBytes(3).toString("hex")}`;
  const home = options.home ?? `/home/${name}`;
  const shell = options.shell ?? "/bin/sh";
  const password = randomBytes(9).toString("base64url");
  locked(() =>
    execFileSync("useradd", ["--create-home", "--home-dir", home, "--shell", shell, name], {
      stdio: "pipe",
    }),
  );
  locked(() => execFileSync("chpasswd", { input: `${name}:${password}\n`, stdio: "pipe" }));
  const rule = { none: undefined, password: "ALL", nopasswd: "NOPASSWD: ALL" }[
    options.sudo ?? "none"
  ];
  const ruleFile = `/etc/sudoers.d/${name}`;
  const defaults =
    options.sudoDefaults === undefined ? "" : `Defaults:${name} ${options.sudoDefaults}\n`;
  if (rule !== undefined) {
    writeFileSync(ruleFile, `${defaults}${name} ALL=(ALL) ${rule}\n`, { mode: 0o440 });
  }
  const uid = Number(execFileSync("id", ["-u", name], { encoding: "utf8" }));
  return { name, home, password, uid, remove: () => removeUser(name) };
}

function removeUser(name: string): void {
  rmSync(`/etc/sudoers.d/${name}`, { force: true });
  // --force: also while a last process of the user is on its way out.
  locked(() => execFileSync("userdel", ["--force", "--remove", name], { stdio: "pipe" }));
  rmSync(`/run/sudo/ts/${name}`, { recursive: true, force: true });
  rmSync(`/var/lib/sudo/lectured/${name}`, { force: true });
}

/** Several test files may change /etc/passwd at once; the tools refuse instead of waiting. */
function locked(change: () => void): void {
  for (let attempt = 1; ; attempt++) {
    try {
      return change();
    } catch (error) {
      const text =
        error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
      // userdel has no mail spool to remove; the user itself is gone then.
      if (/mail spool|does not exist/.test(text) && !/cannot lock/.test(text)) return;
      if (attempt === 50 || !/lock/.test(text)) throw new Error(text, { cause: error });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

function removeLeftovers(): void {
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const match = new RegExp(`^(${PREFIX}(\\d+)-[0-9a-f]+):`).exec(line);
    if (match?.[1] !== undefined && !isAlive(Number(match[2]))) removeUser(match[1]);
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid || descendantsOf(process.pid).includes(pid)) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
