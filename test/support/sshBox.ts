/** A host to reach in tests: one sshd, throw-away users, and logged-in sessions that go with it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import type { HelperBinaries } from "../../extension/remote/deploy";
import { RemoteError } from "../../extension/remote/errors";
import { connectSsh } from "../../extension/remote/sshConnect";
import type { SshSession } from "../../extension/remote/sshSession";
import { makeClientHome, scriptedPrompter } from "./sshClient";
import { makeKey, startSshd, type SshdOptions, type TestKey, type TestSshd } from "./sshd";
import { makeUser, type TestUser, type UserOptions } from "./sshUsers";

export class SshBox {
  readonly #cleanUps: (() => unknown)[] = [];

  private constructor(
    readonly sshd: TestSshd,
    private readonly key: TestKey,
  ) {}

  static async start(options: SshdOptions = {}): Promise<SshBox> {
    const sshd = await startSshd(options);
    return new SshBox(sshd, makeKey(sshd.dir, "client"));
  }

  /** A new user who may log in with the box's key. */
  addUser(options: UserOptions = {}): TestUser {
    const user = makeUser(options);
    this.#cleanUps.push(() => user.remove());
    this.sshd.authorize(user.name, this.key);
    return user;
  }

  /** Logs in as a user of the box; root is one if it was authorized. */
  async logIn(userName: string): Promise<SshSession> {
    if (userName === "root") this.sshd.authorize("root", this.key);
    const home = makeClientHome({ config: this.config(userName), known_hosts: this.knownHosts });
    const session = await connectSsh("box", {
      environment: home.environment,
      prompter: scriptedPrompter({}),
      signal: new AbortController().signal,
      log: () => {},
    });
    this.#cleanUps.push(async () => {
      session.dispose();
      await session.closed;
      home.remove();
    });
    return session;
  }

  /** An ssh configuration in which "box" is this server and `userName` the user. */
  config(userName: string): string {
    const { port } = this.sshd;
    const lines = ["HostName 127.0.0.1", `Port ${port}`, `User ${userName}`];
    return ["Host box", ...lines, `IdentityFile ${this.key.path}`, ""].join("\n  ");
  }

  get knownHosts(): string {
    return this.sshd.knownHostsText();
  }

  /** Something to undo when the box stops, before what was set up earlier. */
  onStop(cleanUp: () => unknown): void {
    this.#cleanUps.push(cleanUp);
  }

  async stop(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).toReversed()) await cleanUp();
    await this.sshd.stop();
  }
}

/**
 * An executable in the helper's place for tests of how it is carried and started:
 * `version` succeeds, `serve` prints its user id and then echoes until EOF.
 * `different` makes its content, and so its hash, another one.
 */
export function makeStandIn(
  different = "",
  version = "exit 0",
): {
  readonly binaries: HelperBinaries;
  readonly content: string;
  remove(): void;
} {
  const dir = mkdtempSync(path.join(tmpdir(), "emberline-standin-"));
  const file = path.join(dir, "emberline-helper");
  const serve = 'echo "serving as $(id -u) in $$"; exec cat';
  const content = `#!/bin/sh\n# ${different}\ncase "$1" in version) ${version};; serve) ${serve};; esac\n`;
  writeFileSync(file, content, { mode: 0o755 });
  return {
    binaries: { "linux-x64": file, "linux-arm64": file },
    content,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** The catalogue error an attempt ends with; anything else fails the test. */
export async function failureOf(attempt: Promise<unknown>): Promise<RemoteError> {
  const outcome = await attempt.then(
    () => new Error("it succeeded"),
    (error: unknown) => error,
  );
  if (outcome instanceof RemoteError) return outcome;
  throw outcome;
}
