import { describe, expect, it } from "vitest";

import { isRemoteError } from "./errors";
import { listHostAliases, resolveHost, type ResolvedHost } from "./sshConfig";
import type { SshEnvironment } from "./sshConfigFile";
import { parseSshConfig, splitArguments } from "./sshConfigParse";
import { formatSshTarget, parseSshTarget } from "./sshTarget";

const environment: SshEnvironment = {
  homeDir: "/home/ann",
  userName: "ann",
  localHostName: "desk.example",
  platform: "linux",
  variables: { SSH_AUTH_SOCK: "/run/agent", KEYS: "/keys" },
  userConfigPath: "/home/ann/.ssh/config",
  systemConfigPath: "/etc/ssh/ssh_config",
  systemKnownHostsPaths: ["/etc/ssh/ssh_known_hosts"],
};

const resolve = (typed: string, config: string, execStatus = false) =>
  resolveHost(parseSshTarget(typed), parseSshConfig(config), environment, () =>
    Promise.resolve(execStatus),
  );

describe("resolveHost", () => {
  const cases: { name: string; typed: string; config: string; expected: Partial<ResolvedHost> }[] =
    [
      {
        name: "no configuration: ssh's defaults",
        typed: "web1",
        config: "",
        expected: {
          alias: "web1",
          hostName: "web1",
          user: "ann",
          port: 22,
          identityAgent: "/run/agent",
          identitiesOnly: false,
          identityFilesConfigured: false,
          identityFiles: [
            "/home/ann/.ssh/id_rsa",
            "/home/ann/.ssh/id_ecdsa",
            "/home/ann/.ssh/id_ed25519",
          ],
          userKnownHostsFiles: ["/home/ann/.ssh/known_hosts", "/home/ann/.ssh/known_hosts2"],
          globalKnownHostsFiles: ["/etc/ssh/ssh_known_hosts"],
          strictHostKeyChecking: "ask",
          authMethods: ["publickey", "keyboard-interactive", "password"],
        },
      },
      {
        name: "the first value wins, across Host sections",
        typed: "web1",
        config: "Host web*\n  User first\nHost *\n  User second\n  Port 2200\n",
        expected: { user: "first", port: 2200 },
      },
      {
        name: "what was typed wins over the configuration",
        typed: "root@web1:2022",
        config: "Host *\n User ann\n Port 22\n",
        expected: { user: "root", port: 2022 },
      },
      {
        name: "HostName with %h, and negated patterns",
        typed: "web1",
        config: "Host * !web1\n  User no\nHost web?\n  HostName %h.example.org\n",
        expected: { hostName: "web1.example.org", user: "ann" },
      },
      {
        name: "keywords in any case, = as separator, quotes and comments",
        typed: "w",
        config: 'host w # the web\n\tUSER="bob"\n\tidentityfile = "~/my keys/%n" # mine\n',
        expected: {
          user: "bob",
          identityFiles: ["/home/ann/my keys/w"],
          identityFilesConfigured: true,
        },
      },
      {
        name: "IdentityFile adds up, with environment variables",
        typed: "w",
        config:
          "Host w\n IdentityFile ~/.ssh/a\nHost *\n IdentityFile ${KEYS}/b\n IdentitiesOnly yes\n",
        expected: { identityFiles: ["/home/ann/.ssh/a", "/keys/b"], identitiesOnly: true },
      },
      {
        name: "ProxyJump chain",
        typed: "w",
        config: "Host w\n ProxyJump a,bob@b:2222\n",
        expected: { proxyJump: [{ host: "a" }, { host: "b", user: "bob", port: 2222 }] },
      },
      {
        name: "ProxyCommand keeps its quotes, expands tokens and shuts out a later ProxyJump",
        typed: "w",
        config:
          "Host w\n HostName 10.0.0.1\n Port 2022\n User u\n ProxyCommand nc -X 5 '%h' %p %r %n 100%%\n ProxyJump z\n",
        expected: { proxyCommand: "nc -X 5 '10.0.0.1' 2022 u w 100%", proxyJump: [] },
      },
      {
        name: "an earlier ProxyJump none shuts out ProxyCommand",
        typed: "w",
        config: "ProxyJump none\nProxyCommand nc %h %p\n",
        expected: { proxyCommand: undefined, proxyJump: [] },
      },
      {
        name: "Match host sees HostName, originalhost the alias, user the chosen user",
        typed: "w",
        config:
          "Host w\n HostName web.example\n User u\nMatch host *.example user u\n Port 2201\n" +
          "Match originalhost other\n HostKeyAlias no\nMatch !localuser root\n ServerAliveInterval 7\n",
        expected: { port: 2201, hostKeyAlias: undefined, keepAliveIntervalMs: 7000 },
      },
      {
        name: "Match final is applied in a second pass, on the real host name",
        typed: "w",
        config:
          "Match final host real\n Port 2209\nHost real\n ConnectTimeout 2m\nHost w\n HostName real\n",
        expected: { port: 2209, connectTimeoutMs: 120_000 },
      },
      {
        name: "an unknown criterion does not apply",
        typed: "w",
        config: "Match localnetwork 10.0.0.0/8\n Port 1\n",
        expected: { port: 22 },
      },
      {
        name: "StrictHostKeyChecking no never means that a changed key passes",
        typed: "w",
        config:
          "StrictHostKeyChecking no\nUserKnownHostsFile ~/a ~/b\nGlobalKnownHostsFile none\nHashKnownHosts yes\n",
        expected: {
          strictHostKeyChecking: "accept-new",
          userKnownHostsFiles: ["/home/ann/a", "/home/ann/b"],
          globalKnownHostsFiles: [],
          hashKnownHosts: true,
        },
      },
      {
        name: "IdentityAgent none, and methods in the preferred order without the forbidden",
        typed: "w",
        config:
          "IdentityAgent none\nPreferredAuthentications password,publickey,keyboard-interactive\nKbdInteractiveAuthentication no\n",
        expected: { identityAgent: undefined, authMethods: ["password", "publickey"] },
      },
      {
        name: "IdentityAgent as a path and HostKeyAlias",
        typed: "w",
        config: "IdentityAgent ~/agent.sock\nHostKeyAlias cluster\n",
        expected: { identityAgent: "/home/ann/agent.sock", hostKeyAlias: "cluster" },
      },
    ];
  it.each(cases)("$name", async ({ typed, config, expected }) => {
    expect(await resolve(typed, config)).toMatchObject(expected);
  });

  it("runs Match exec with tokens, but not when another criterion already failed", async () => {
    const commands: string[] = [];
    const nodes = parseSshConfig(
      'Match host other exec "never"\n Port 1\nMatch exec "test %h = w"\n Port 2202\n',
    );
    const host = await resolveHost({ host: "w" }, nodes, environment, (command) => {
      commands.push(command);
      return Promise.resolve(true);
    });
    expect(host.port).toBe(2202);
    expect(commands).toEqual(["test w = w"]);
  });

  it("says which port makes no sense", async () => {
    const error = await resolve("w", "Port ssh\n").catch((e: unknown) => e);
    expect(isRemoteError(error, "config-unreadable")).toBe(true);
  });
});

describe("parseSshConfig", () => {
  it.each(["Host\n", 'User "open\n', "=x\n", "Match exec\n"])(
    "refuses %j with its line",
    (text) => {
      expect(() => parseSshConfig(`# first\n${text}`)).toThrow(/line 2/);
    },
  );

  it("lists only concrete names, once, in the order of the file", () => {
    const nodes = parseSshConfig("Host b *.x\nHost a !c b\nMatch all\n User x\nHost web?\n");
    expect(listHostAliases(nodes)).toEqual(["b", "a"]);
  });

  it.each([
    ["a 'b c'\t\"d\"", ["a", "b c", "d"]],
    ['a\\ b "c\\"d"', ["a b", 'c"d']],
    ["a#b #c", ["a#b"]],
    ["C:\\Users\\x", ["C:\\Users\\x"]],
    ["'open", undefined],
  ])("splits %j", (text, expected) => {
    expect(splitArguments(text)).toEqual(expected);
  });
});

describe("parseSshTarget", () => {
  it.each([
    ["web1", { host: "web1" }],
    ["root@web1:2222", { host: "web1", user: "root", port: 2222 }],
    ["ann@corp.com@web1", { host: "web1", user: "ann@corp.com" }],
    ["[fe80::1%eth0]:23", { host: "fe80::1%eth0", port: 23 }],
    ["::1", { host: "::1" }],
    [" ssh://u@h:9/ ", { host: "h", user: "u", port: 9 }],
  ])("reads %j", (text, expected) => {
    expect(parseSshTarget(text)).toEqual(expected);
  });

  it.each(["", "@h", "u@", "h:0", "h:65536", "h:x", "-oProxyCommand=x", "a b", "h;id", "-u@h"])(
    "refuses %j",
    (text) => {
      expect(() => parseSshTarget(text)).toThrow(/is not a host/);
    },
  );

  it.each(["web1", "root@web1:2222", "[::1]:23"])("formats %j back", (text) => {
    expect(formatSshTarget(parseSshTarget(text))).toBe(text);
  });
});
