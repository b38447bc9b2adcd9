import * as path from "node:path";

import { remoteError } from "./errors";
import { matchesPatternList } from "./patternList";
import { expandHome, type SshEnvironment } from "./sshConfigFile";
import type { MatchCriterion, SshConfigNode } from "./sshConfigParse";
import { parseSshTarget, type SshTarget } from "./sshTarget";

/** Everything needed to connect to one host, after the typed target and the configuration. */
export interface ResolvedHost {
  /** What the person typed or picked; used in labels. */
  readonly alias: string;
  readonly hostName: string;
  readonly user: string;
  readonly port: number;
  /** Absolute paths in the order to try; the defaults when none is configured. */
  readonly identityFiles: readonly string[];
  /** False when identityFiles are the defaults, whose absence is normal. */
  readonly identityFilesConfigured: boolean;
  readonly identitiesOnly: boolean;
  /** Path of the agent's socket or pipe; undefined for none. */
  readonly identityAgent: string | undefined;
  /** Hops from here to the host, nearest first. */
  readonly proxyJump: readonly SshTarget[];
  /** Tokens are expanded. */
  readonly proxyCommand: string | undefined;
  /** The first is where a new key is written. */
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly strictHostKeyChecking: "yes" | "accept-new" | "ask";
  readonly hostKeyAlias: string | undefined;
  readonly hashKnownHosts: boolean;
  readonly keepAliveIntervalMs: number;
  readonly keepAliveCountMax: number;
  readonly connectTimeoutMs: number;
  /** SSH method names this host may be tried with, most wanted first. */
  readonly authMethods: readonly SshAuthMethod[];
}

export type SshAuthMethod = "publickey" | "keyboard-interactive" | "password";

/** A frozen server is noticed after interval × count = 15 s; ssh's own default is never. */
const KEEP_ALIVE_INTERVAL_MS = 5_000;
const KEEP_ALIVE_COUNT_MAX = 3;
/** ssh waits for the kernel's two minutes; a person in front of a progress bar does not. */
const CONNECT_TIMEOUT_MS = 20_000;
/** In ssh's order; FIDO keys are left out because ssh2 cannot sign with them. */
const DEFAULT_IDENTITY_NAMES = ["id_rsa", "id_ecdsa", "id_ed25519"];
const DEFAULT_AUTH_METHODS: readonly SshAuthMethod[] = [
  "publickey",
  "keyboard-interactive",
  "password",
];
/** Keywords of which every occurrence counts, not only the first. */
const REPEATABLE = new Set(["identityfile"]);

/** Runs a `Match exec` command; true when it ends with status 0. */
export type MatchExec = (command: string) => Promise<boolean>;

/** The names a person could pick: every Host pattern without wildcard or negation, in file order. */
export function listHostAliases(nodes: readonly SshConfigNode[]): string[] {
  const aliases = new Set<string>();
  const visit = (list: readonly SshConfigNode[]) => {
    for (const node of list) {
      if (node.kind === "host") {
        for (const pattern of node.patterns) if (!/[*?!]/.test(pattern)) aliases.add(pattern);
        visit(node.body);
      } else if (node.kind === "match") visit(node.body);
      else if (node.kind === "include") node.files.forEach(visit);
    }
  };
  visit(nodes);
  return [...aliases];
}

/**
 * Applies the configuration to a target. The first value found wins, and what
 * was typed (user, port) wins over the configuration, as in ssh.
 */
export async function resolveHost(
  target: SshTarget,
  nodes: readonly SshConfigNode[],
  environment: SshEnvironment,
  matchExec: MatchExec,
): Promise<ResolvedHost> {
  const settings = new Map<string, SettingValue[]>();
  if (target.user !== undefined) settings.set("user", [{ args: [target.user], rest: target.user }]);
  if (target.port !== undefined) {
    settings.set("port", [{ args: [String(target.port)], rest: String(target.port) }]);
  }
  const pass: Pass = {
    settings,
    environment,
    matchExec,
    originalHost: target.host,
    host: target.host,
    isFinal: false,
    wantsFinal: false,
  };
  await evaluate(nodes, pass);
  if (pass.wantsFinal) {
    pass.isFinal = true;
    pass.host = hostNameOf(pass);
    await evaluate(nodes, pass);
  }
  return toResolvedHost(pass);
}

interface SettingValue {
  readonly args: readonly string[];
  readonly rest: string;
}

interface Pass {
  readonly settings: Map<string, SettingValue[]>;
  readonly environment: SshEnvironment;
  readonly matchExec: MatchExec;
  readonly originalHost: string;
  host: string;
  isFinal: boolean;
  wantsFinal: boolean;
}

async function evaluate(nodes: readonly SshConfigNode[], pass: Pass): Promise<void> {
  for (const node of nodes) {
    switch (node.kind) {
      case "set":
        set(node.keyword, { args: node.args, rest: node.rest }, pass.settings);
        break;
      case "host":
        if (matchesPatternList(node.patterns, pass.host)) await evaluate(node.body, pass);
        break;
      case "match":
        if (await matchesAll(node.criteria, pass)) await evaluate(node.body, pass);
        break;
      case "include":
        for (const file of node.files) await evaluate(file, pass);
        break;
    }
  }
}

function set(keyword: string, value: SettingValue, settings: Map<string, SettingValue[]>): void {
  // Whichever of the two comes first shuts out the other (ssh_config(5), ProxyJump).
  if (keyword === "proxyjump" && settings.has("proxycommand")) return;
  if (keyword === "proxycommand" && settings.has("proxyjump")) return;
  const present = settings.get(keyword);
  if (present === undefined) settings.set(keyword, [value]);
  else if (REPEATABLE.has(keyword)) present.push(value);
}

async function matchesAll(criteria: readonly MatchCriterion[], pass: Pass): Promise<boolean> {
  let all = true;
  for (const criterion of criteria) {
    // No short cut: asking for the second pass is a side effect of `final`. Only a
    // command is not run when its answer cannot matter any more.
    if (!all && criterion.name === "exec") continue;
    if ((await matchesOne(criterion, pass)) === criterion.negated) all = false;
  }
  return all;
}

async function matchesOne({ name, value = "" }: MatchCriterion, pass: Pass): Promise<boolean> {
  const patterns = value.split(",");
  switch (name) {
    case "all":
      return true;
    case "final":
      pass.wantsFinal ||= !pass.isFinal;
      return pass.isFinal;
    case "canonical":
      return pass.isFinal;
    case "host":
      return matchesPatternList(patterns, hostNameOf(pass));
    case "originalhost":
      return matchesPatternList(patterns, pass.originalHost);
    case "user":
      return matchesPatternList(patterns, first(pass, "user") ?? pass.environment.userName);
    case "localuser":
      return matchesPatternList(patterns, pass.environment.userName);
    case "exec":
      return pass.matchExec(expandTokens(value, tokensOf(pass)));
    default:
      // localnetwork, tagged, … : not known here, so the section does not apply.
      return false;
  }
}

function first(pass: Pass, keyword: string): string | undefined {
  return pass.settings.get(keyword)?.[0]?.args[0];
}

function hostNameOf(pass: Pass): string {
  const configured = first(pass, "hostname");
  if (configured === undefined) return pass.host;
  return expandTokens(configured, { h: pass.originalHost });
}

function tokensOf(pass: Pass): Record<string, string> {
  const { environment } = pass;
  return {
    d: environment.homeDir,
    h: hostNameOf(pass),
    i: String(process.getuid?.() ?? 0),
    k: first(pass, "hostkeyalias") ?? pass.originalHost,
    L: environment.localHostName.split(".")[0] ?? "",
    l: environment.localHostName,
    n: pass.originalHost,
    p: first(pass, "port") ?? "22",
    r: first(pass, "user") ?? environment.userName,
    u: environment.userName,
  };
}

/** Replaces `%x`; `%%` is a percent sign, an unknown token stays as it is. */
export function expandTokens(text: string, tokens: Readonly<Record<string, string>>): string {
  return text.replaceAll(/%(.)/g, (whole, key: string) =>
    key === "%" ? "%" : (tokens[key] ?? whole),
  );
}

function toResolvedHost(pass: Pass): ResolvedHost {
  const { environment } = pass;
  const tokens = tokensOf(pass);
  const sshDir = path.join(environment.homeDir, ".ssh");
  const toPath = (text: string) => {
    const variables = text.replaceAll(
      /\$\{(\w+)\}/g,
      (whole, key: string) => environment.variables[key] ?? whole,
    );
    return path.resolve(
      environment.homeDir,
      expandHome(expandTokens(variables, tokens), environment),
    );
  };
  const pathList = (keyword: string, fallback: readonly string[]) => {
    const args = pass.settings.get(keyword)?.[0]?.args;
    if (args === undefined) return fallback;
    return args.filter((arg) => arg.toLowerCase() !== "none").map(toPath);
  };
  const isYes = (keyword: string) => first(pass, keyword)?.toLowerCase() === "yes";
  const configuredFiles = pass.settings.get("identityfile")?.map((value) => value.args[0] ?? "");

  return {
    alias: pass.originalHost,
    hostName: hostNameOf(pass),
    user: first(pass, "user") ?? environment.userName,
    port: portOf(pass),
    identityFiles:
      configuredFiles?.filter((file) => file.toLowerCase() !== "none").map(toPath) ??
      DEFAULT_IDENTITY_NAMES.map((name) => path.join(sshDir, name)),
    identityFilesConfigured: configuredFiles !== undefined,
    identitiesOnly: isYes("identitiesonly"),
    identityAgent: agentOf(pass, toPath),
    proxyJump: jumpsOf(pass),
    proxyCommand: proxyCommandOf(pass, tokens),
    userKnownHostsFiles: pathList("userknownhostsfile", [
      path.join(sshDir, "known_hosts"),
      path.join(sshDir, "known_hosts2"),
    ]),
    globalKnownHostsFiles: pathList("globalknownhostsfile", environment.systemKnownHostsPaths),
    strictHostKeyChecking: strictnessOf(first(pass, "stricthostkeychecking")),
    hostKeyAlias: first(pass, "hostkeyalias"),
    hashKnownHosts: isYes("hashknownhosts"),
    keepAliveIntervalMs: secondsOf(pass, "serveraliveinterval") ?? KEEP_ALIVE_INTERVAL_MS,
    keepAliveCountMax: numberOf(pass, "serveralivecountmax") ?? KEEP_ALIVE_COUNT_MAX,
    connectTimeoutMs: secondsOf(pass, "connecttimeout") ?? CONNECT_TIMEOUT_MS,
    authMethods: authMethodsOf(pass),
  };
}

function portOf(pass: Pass): number {
  const text = first(pass, "port");
  if (text === undefined) return 22;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw remoteError("config-unreadable", {
    path: pass.environment.userConfigPath,
    reason: `“${text}” is not a port`,
  });
}

function numberOf(pass: Pass, keyword: string): number | undefined {
  const value = Number(first(pass, keyword));
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

/** Seconds, or with a unit as in sshd_config(5) TIME FORMATS (s, m, h); in milliseconds. */
function secondsOf(pass: Pass, keyword: string): number | undefined {
  const match = /^(\d+)([smh]?)$/i.exec(first(pass, keyword) ?? "");
  const seconds = Number(match?.[1]) * ({ m: 60, h: 3600 }[match?.[2]?.toLowerCase() ?? ""] ?? 1);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

/**
 * “no” and “off” become accept-new: in ssh they also let a changed key pass,
 * which this client never does.
 */
function strictnessOf(text: string | undefined): ResolvedHost["strictHostKeyChecking"] {
  switch (text?.toLowerCase()) {
    case "yes":
    case "true":
      return "yes";
    case "no":
    case "off":
    case "false":
    case "accept-new":
      return "accept-new";
    default:
      return "ask";
  }
}

function agentOf(pass: Pass, toPath: (text: string) => string): string | undefined {
  const { variables, platform } = pass.environment;
  // The agent that comes with Windows listens on this pipe and sets no variable.
  const usual =
    variables["SSH_AUTH_SOCK"] ??
    (platform === "win32" ? "\\\\.\\pipe\\openssh-ssh-agent" : undefined);
  const configured = first(pass, "identityagent");
  if (configured === undefined || configured === "SSH_AUTH_SOCK") return usual || undefined;
  if (configured.toLowerCase() === "none") return undefined;
  const variable = /^\$(\w+)$/.exec(configured)?.[1];
  if (variable !== undefined) return variables[variable] || undefined;
  return configured.startsWith("\\\\") ? configured : toPath(configured);
}

function jumpsOf(pass: Pass): SshTarget[] {
  const text = first(pass, "proxyjump");
  if (text === undefined || text.toLowerCase() === "none") return [];
  return text
    .split(",")
    .map((hop) => parseSshTarget(expandTokens(hop, { h: pass.host, n: pass.originalHost })));
}

function proxyCommandOf(pass: Pass, tokens: Record<string, string>): string | undefined {
  const command = pass.settings.get("proxycommand")?.[0]?.rest;
  if (command === undefined || command.toLowerCase() === "none") return undefined;
  return expandTokens(command, tokens);
}

function authMethodsOf(pass: Pass): SshAuthMethod[] {
  const isNo = (keyword: string) => first(pass, keyword)?.toLowerCase() === "no";
  const preferred = first(pass, "preferredauthentications")?.split(",") ?? DEFAULT_AUTH_METHODS;
  return DEFAULT_AUTH_METHODS.filter((method) => {
    if (method === "publickey") return !isNo("pubkeyauthentication");
    if (method === "password") return !isNo("passwordauthentication");
    return !isNo("kbdinteractiveauthentication") && !isNo("challengeresponseauthentication");
  })
    .filter((method) => preferred.includes(method))
    .sort((a, b) => preferred.indexOf(a) - preferred.indexOf(b));
}
