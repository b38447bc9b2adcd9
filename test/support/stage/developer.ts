/** The developer's side: a home with an ssh key and configuration, and the program's sources as workspace. */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import * as path from "node:path";
import { makeKey, type TestKey } from "../sshd";
import { copySources } from "./shop";

export interface HostEntry {
  readonly alias: string;
  readonly port: number;
  readonly user: string;
  /** 127.0.0.1 unless given. */
  readonly hostName?: string;
}

export class Developer {
  readonly home: string;
  readonly workspace: string;
  readonly key: TestKey;
  readonly #ssh: string;

  constructor(dir: string, sources: string) {
    this.home = path.join(dir, "home");
    this.workspace = path.join(dir, "shop");
    this.#ssh = path.join(this.home, ".ssh");
    mkdirSync(this.#ssh, { recursive: true, mode: 0o700 });
    copySources(sources, this.workspace);
    this.key = makeKey(this.#ssh, "id_ed25519");
  }

  /** Adds a host to ~/.ssh/config. */
  addHost({ alias, hostName = "127.0.0.1", port, user }: HostEntry): void {
    const lines = [
      `Host ${alias}`,
      `  HostName ${hostName}`,
      `  Port ${port}`,
      `  User ${user}`,
      "  IdentityFile ~/.ssh/id_ed25519",
      "  IdentitiesOnly yes",
    ];
    appendFileSync(path.join(this.#ssh, "config"), `${lines.join("\n")}\n\n`, { mode: 0o600 });
  }

  /** Writes ~/.ssh/known_hosts; the hosts of an empty one are all unknown. */
  setKnownHosts(text: string): void {
    writeFileSync(path.join(this.#ssh, "known_hosts"), text, { mode: 0o600 });
  }

  /** What ~/.ssh/known_hosts says; "" when there is none. */
  knownHosts(): string {
    const file = path.join(this.#ssh, "known_hosts");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  /** Whether OpenSSH finds a key for `host` ("[name]:port") there, hashed or not. */
  knows(host: string): boolean {
    const found = spawnSync("ssh-keygen", ["-F", host, "-f", path.join(this.#ssh, "known_hosts")]);
    return found.status === 0;
  }

  /** Changes a file of the workspace on disk. */
  editFile(name: string, edit: (text: string) => string): void {
    const file = path.join(this.workspace, name);
    writeFileSync(file, edit(readFileSync(file, "utf8")));
  }

  /** Removes a file of the workspace, so that it exists only on the host. */
  removeFile(name: string): void {
    rmSync(path.join(this.workspace, name));
  }
}
