/**
 * A real OpenSSH server on loopback with throw-away keys, for tests and the
 * demo. Everything lies in one temporary directory and goes with stop().
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";

export type KeyType = "ed25519" | "ecdsa" | "rsa";

/** A key pair on disk. */
export interface TestKey {
  readonly path: string;
  /** The one-line public key, without line end. */
  readonly publicLine: string;
  /** "SHA256:…" as ssh-keygen prints it. */
  readonly fingerprint: string;
}

export interface TestSshd {
  readonly host: string;
  readonly port: number;
  readonly dir: string;
  readonly pid: number;
  readonly hostKeys: readonly TestKey[];
  /** Lines for a known_hosts file that make this server known. */
  knownHostsText(): string;
  /** Lets the holders of these keys in as `user`. */
  authorize(user: string, ...keys: TestKey[]): void;
  /** What sshd has logged so far (LogLevel VERBOSE). */
  log(): string;
  stop(): Promise<void>;
}

export interface SshdOptions {
  readonly hostKeyTypes?: readonly KeyType[];
  /** Lines of sshd_config that win over the defaults here (the first value of a keyword counts). */
  readonly config?: readonly string[];
  /** Lines for the end of sshd_config: Match blocks. */
  readonly match?: readonly string[];
  /** Words in front of sshd's command line, such as `unshare` and its options. */
  readonly launcher?: readonly string[];
}

const SSHD = "/usr/sbin/sshd";

/** Why this machine cannot run these tests, or undefined when it can. */
export function whyNoSshd(): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root, for users and sudo rules";
  for (const file of [SSHD, "/usr/bin/ssh-keygen", "/usr/bin/sudo", "/usr/sbin/useradd"]) {
    if (!existsSync(file)) return `needs ${file}`;
  }
  return undefined;
}

/** Makes a key pair with ssh-keygen. */
export function makeKey(
  dir: string,
  name: string,
  type: KeyType = "ed25519",
  passphrase = "",
  extraArguments: readonly string[] = [],
): TestKey {
  const file = path.join(dir, name);
  const bits = type === "rsa" ? ["-b", "2048"] : [];
  const what = ["-t", type, ...bits, "-N", passphrase, "-C", `${name}@emberline-test`, "-f", file];
  execFileSync("ssh-keygen", ["-q", ...what, ...extraArguments]);
  const publicLine = readFileSync(`${file}.pub`, "utf8").trim();
  const printed = execFileSync("ssh-keygen", ["-lf", `${file}.pub`], { encoding: "utf8" });
  return { path: file, publicLine, fingerprint: printed.split(" ")[1] ?? "" };
}

/** Starts sshd and waits until it greets. */
export async function startSshd(options: SshdOptions = {}): Promise<TestSshd> {
  const dir = mkdtempSync(path.join(tmpdir(), "emberline-sshd-"));
  // sshd reads authorized keys with the rights of the user who logs in.
  chmodSync(dir, 0o755);
  const keysDir = path.join(dir, "authorized");
  mkdirSync(keysDir);
  const isRoot = process.getuid?.() === 0;
  // Privilege separation wants this directory; a machine whose sshd never ran has none.
  // Without root sshd separates nothing, and lets in only the user who runs it.
  if (isRoot) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const hostKeys = (options.hostKeyTypes ?? ["ed25519"]).map((type) =>
    makeKey(dir, `host_${type}`, type),
  );
  const logFile = path.join(dir, "sshd.log");
  const configFile = path.join(dir, "sshd_config");

  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const config = [
      ...(options.config ?? []),
      "ListenAddress 127.0.0.1",
      `Port ${port}`,
      "PidFile none",
      ...hostKeys.map((key) => `HostKey ${key.path}`),
      `AuthorizedKeysFile ${keysDir}/%u`,
      // The keys lie below a directory that everyone may write to (/tmp).
      "StrictModes no",
      `UsePAM ${isRoot ? "yes" : "no"}`,
      `PasswordAuthentication ${isRoot ? "yes" : "no"}`,
      `KbdInteractiveAuthentication ${isRoot ? "yes" : "no"}`,
      "PermitRootLogin yes",
      "PrintMotd no",
      "LogLevel VERBOSE",
      "MaxStartups 100",
      ...(options.match ?? []),
    ];
    writeFileSync(configFile, `${config.join("\n")}\n`);
    const command = [...(options.launcher ?? []), SSHD, "-D", "-f", configFile, "-E", logFile];
    const child = spawn(command[0] ?? SSHD, command.slice(1), { stdio: "ignore" });
    if (await waitForGreeting(port, child)) {
      return running(child, port, dir, keysDir, logFile, hostKeys);
    }
    child.kill("SIGKILL");
    const log = existsSync(logFile) ? readFileSync(logFile, "utf8") : "";
    // The free port may have been taken by someone else meanwhile.
    if (attempt === 3 || !log.includes("Address already in use")) {
      rmSync(dir, { recursive: true, force: true });
      throw new Error(`sshd did not start:\n${log}`);
    }
  }
}

function running(
  child: ChildProcess,
  port: number,
  dir: string,
  keysDir: string,
  logFile: string,
  hostKeys: readonly TestKey[],
): TestSshd {
  const pid = child.pid ?? 0;
  return {
    host: "127.0.0.1",
    port,
    dir,
    pid,
    hostKeys,
    knownHostsText: () =>
      hostKeys
        .map((key) => `[127.0.0.1]:${port} ${key.publicLine.split(" ").slice(0, 2).join(" ")}\n`)
        .join(""),
    authorize: (user, ...keys) => {
      writeFileSync(path.join(keysDir, user), keys.map((key) => `${key.publicLine}\n`).join(""), {
        flag: "a",
        mode: 0o644,
      });
    },
    log: () => readFileSync(logFile, "utf8"),
    stop: async () => {
      // Each connection has its own sshd; they outlive the one that listens.
      const sessions = descendantsOf(pid);
      const gone = new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else child.once("exit", () => resolve());
      });
      child.kill("SIGTERM");
      for (const session of sessions) tryKill(session);
      await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Process ids below `pid`, found in /proc. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended while we looked.
    }
  }
  const found: number[] = [];
  const visit = (parent: number) => {
    for (const child of children.get(parent) ?? []) {
      found.push(child);
      visit(child);
    }
  };
  visit(pid);
  return found;
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** A TCP port on loopback that nobody listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function waitForGreeting(port: number, child: ChildProcess): Promise<boolean> {
  const deadlineMs = Date.now() + 10_000;
  while (Date.now() < deadlineMs && child.exitCode === null) {
    if (await greets(port)) return true;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return false;
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (greeted: boolean) => {
      socket.destroy();
      resolve(greeted);
    };
    socket.setTimeout(2_000, () => answer(false));
    socket.once("error", () => answer(false));
    socket.once("data", (data) => answer(data.toString("latin1").startsWith("SSH-2.0-")));
  });
}
