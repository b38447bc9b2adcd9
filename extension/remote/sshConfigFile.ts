import { readdir, readFile, stat } from "node:fs/promises";
import { homedir, hostname, userInfo } from "node:os";
import * as path from "node:path";

import { reasonOf, remoteError } from "./errors";
import { matchesPattern } from "./patternList";
import { parseSshConfig, type SshConfigNode } from "./sshConfigParse";

/** Where the ssh configuration is and whose it is; tests give their own. */
export interface SshEnvironment {
  readonly homeDir: string;
  readonly userName: string;
  readonly localHostName: string;
  readonly platform: NodeJS.Platform;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly userConfigPath: string;
  readonly systemConfigPath: string;
  /** The files OpenSSH reads next to the user's own known_hosts. */
  readonly systemKnownHostsPaths: readonly string[];
}

/** The environment of the person who runs this process. */
export function defaultSshEnvironment(): SshEnvironment {
  const homeDir = homedir();
  const windows = process.platform === "win32";
  const systemDir = windows
    ? path.join(process.env["ProgramData"] ?? "C:\\ProgramData", "ssh")
    : "/etc/ssh";
  return {
    homeDir,
    userName: currentUserName(),
    localHostName: hostname(),
    platform: process.platform,
    variables: process.env,
    userConfigPath: path.join(homeDir, ".ssh", "config"),
    systemConfigPath: path.join(systemDir, "ssh_config"),
    systemKnownHostsPaths: [
      path.join(systemDir, "ssh_known_hosts"),
      path.join(systemDir, "ssh_known_hosts2"),
    ],
  };
}

function currentUserName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without a passwd entry (containers).
    return process.env["USER"] ?? process.env["USERNAME"] ?? "";
  }
}

/** readconf.c's READCONF_MAX_DEPTH. */
const INCLUDE_DEPTH_MAX = 16;

/** Reads the user's, then the system's configuration, with all they include. A missing file is empty. */
export async function readSshConfig(environment: SshEnvironment): Promise<SshConfigNode[]> {
  const user = await readOne(environment.userConfigPath, environment, true, 0);
  const system = await readOne(environment.systemConfigPath, environment, false, 0);
  // Two "include" nodes, so that a Host section at the end of one file cannot leak into the next.
  return [
    { kind: "include", patterns: [], files: [user] },
    { kind: "include", patterns: [], files: [system] },
  ];
}

async function readOne(
  file: string,
  environment: SshEnvironment,
  isUsers: boolean,
  depth: number,
): Promise<SshConfigNode[]> {
  const bad = (reason: string) => remoteError("config-unreadable", { path: file, reason });
  if (depth > INCLUDE_DEPTH_MAX) throw bad("it is included too deep");
  let text: string;
  try {
    if (isUsers) await refuseForeignWriters(file, environment);
    text = await readFile(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return [];
    throw bad(reasonOf(error));
  }
  let nodes: SshConfigNode[];
  try {
    nodes = parseSshConfig(text);
  } catch (error) {
    throw bad(reasonOf(error));
  }
  await readIncludes(nodes, environment, isUsers, depth);
  return nodes;
}

async function readIncludes(
  nodes: SshConfigNode[],
  environment: SshEnvironment,
  isUsers: boolean,
  depth: number,
): Promise<void> {
  for (const node of nodes) {
    if (node.kind === "host" || node.kind === "match") {
      await readIncludes(node.body, environment, isUsers, depth);
    } else if (node.kind === "include") {
      const base = path.dirname(
        isUsers ? environment.userConfigPath : environment.systemConfigPath,
      );
      for (const pattern of node.patterns) {
        const absolute = path.resolve(base, expandHome(pattern, environment));
        for (const file of await expandGlob(absolute)) {
          node.files.push(await readOne(file, environment, isUsers, depth + 1));
        }
      }
    }
  }
}

/** `~` and `~/…` only; another user's home is not looked up. */
export function expandHome(text: string, environment: SshEnvironment): string {
  return text === "~" || text.startsWith("~/") || text.startsWith("~\\")
    ? path.join(environment.homeDir, text.slice(1))
    : text;
}

/** OpenSSH's own check: whoever can write this file can run commands as its owner (ProxyCommand). */
async function refuseForeignWriters(file: string, environment: SshEnvironment): Promise<void> {
  if (environment.platform === "win32" || process.getuid === undefined) return;
  const { uid, mode } = await stat(file);
  if (uid !== 0 && uid !== process.getuid()) throw new Error("it belongs to another user");
  if ((mode & 0o022) !== 0) throw new Error("others may write to it");
}

/** Expands `*` and `?` per path segment, in the order of names; hidden files need a written dot. */
async function expandGlob(pattern: string): Promise<string[]> {
  const { root } = path.parse(pattern);
  let found = [root];
  for (const segment of pattern.slice(root.length).split(path.sep)) {
    if (!/[*?]/.test(segment)) {
      found = found.map((dir) => path.join(dir, segment));
      continue;
    }
    const next: string[] = [];
    for (const dir of found) {
      const names = await readdir(dir).catch(() => []);
      const hidden = segment.startsWith(".");
      for (const name of names.sort((a, b) => (a < b ? -1 : 1))) {
        if (name.startsWith(".") === hidden && matchesPattern(segment, name)) {
          next.push(path.join(dir, name));
        }
      }
    }
    found = next;
  }
  return found;
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR";
}
