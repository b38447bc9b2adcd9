import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { connect as tcpConnect } from "node:net";
import * as path from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { describeUnless } from "../../test/support/skip";
import { makeClientHome, scriptedPrompter, type ClientHome } from "../../test/support/sshClient";
import {
  freePort,
  makeKey,
  startSshd,
  whyNoSshd,
  type TestKey,
  type TestSshd,
} from "../../test/support/sshd";
import { makeUser, type TestUser } from "../../test/support/sshUsers";
import { exitText, runScript } from "./commandHost";
import { RemoteError } from "./errors";
import type { Prompter } from "./prompter";
import { connectSsh } from "./sshConnect";
import type { SshSession } from "./sshSession";

type Answers = Parameters<typeof scriptedPrompter>[0];

describeUnless(whyNoSshd(), "connectSsh against a real sshd", () => {
  let sshd: TestSshd;
  let user: TestUser;
  let key: TestKey;
  let lockedKey: TestKey;
  let strangerKey: TestKey;
  const cleanUps: (() => unknown)[] = [];
  const PASSPHRASE = "correct horse";

  beforeAll(async () => {
    sshd = await startSshd({ hostKeyTypes: ["ed25519", "rsa"] });
    user = makeUser();
    key = makeKey(sshd.dir, "client");
    lockedKey = makeKey(sshd.dir, "locked", "ed25519", PASSPHRASE);
    strangerKey = makeKey(sshd.dir, "stranger");
    sshd.authorize(user.name, key, lockedKey);
  }, 60_000);
  afterAll(async () => {
    await sshd?.stop();
    user?.remove();
  }, 60_000);
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  /** A home in which "box" is the server; the server is known unless the test says otherwise. */
  function home(lines: string[] = [], knownHosts = sshd.knownHostsText()): ClientHome {
    const config = [
      "Host box",
      "  HostName 127.0.0.1",
      `  Port ${sshd.port}`,
      `  User ${user.name}`,
      ...lines.map((line) => `  ${line}`),
      "",
    ].join("\n");
    const made = makeClientHome({ config, known_hosts: knownHosts });
    cleanUps.push(() => made.remove());
    return made;
  }

  async function open(
    client: ClientHome,
    prompter: Prompter,
    target = "box",
    signal = new AbortController().signal,
  ): Promise<SshSession> {
    const { environment } = client;
    const session = await connectSsh(target, { environment, prompter, signal, log: () => {} });
    cleanUps.push(async () => {
      session.dispose();
      await session.closed;
    });
    return session;
  }

  async function whoAmI(session: SshSession): Promise<string> {
    const { signal } = new AbortController();
    const result = await runScript(session, "id -un", { what: "id" }, signal);
    expect(exitText(result.exit)).toBe("exit status 0");
    return result.stdout.trim();
  }

  async function failure(attempt: Promise<unknown>): Promise<RemoteError> {
    const outcome = await attempt.then(
      () => new Error("it succeeded"),
      (error: unknown) => error,
    );
    if (outcome instanceof RemoteError) return outcome;
    throw outcome;
  }

  async function startAgent(...keys: TestKey[]): Promise<string> {
    const socket = path.join(sshd.dir, `agent-${Math.random().toString(36).slice(2)}`);
    const agent: ChildProcess = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    cleanUps.push(() => agent.kill());
    await expect.poll(() => statSync(socket, { throwIfNoEntry: false })?.isSocket()).toBe(true);
    for (const one of keys) {
      const env = { ...process.env, SSH_AUTH_SOCK: socket };
      execFileSync("ssh-add", ["-q", one.path], { env });
    }
    return socket;
  }

  describe("logs in", () => {
    const right = () => user.password;
    const cases: {
      name: string;
      lines: () => string[] | Promise<string[]>;
      answers?: Answers;
      asked: string[];
    }[] = [
      {
        name: "with a plain key, asking nothing",
        lines: () => [`IdentityFile ${key.path}`],
        asked: [],
      },
      {
        name: "with an agent, asking nothing",
        lines: async () => [`IdentityAgent ${await startAgent(strangerKey, key)}`],
        asked: [],
      },
      {
        name: "with a dead agent and a key",
        lines: () => ["IdentityAgent /nonexistent/agent", `IdentityFile ${key.path}`],
        asked: [],
      },
      {
        name: "with an encrypted key, after two wrong passphrases",
        lines: () => [`IdentityFile ${lockedKey.path}`],
        answers: { askPassphrase: ({ attempt }) => (attempt < 3 ? "wrong" : PASSPHRASE) },
        asked: ["askPassphrase", "askPassphrase", "askPassphrase"],
      },
      {
        name: "without asking for the passphrase of a key the agent holds the pair of",
        lines: async () => {
          const pair = `${lockedKey.path}.opened`;
          writeFileSync(pair, readFileSync(lockedKey.path), { mode: 0o600 });
          execFileSync("ssh-keygen", ["-q", "-p", "-P", PASSPHRASE, "-N", "", "-f", pair]);
          const socket = await startAgent({ ...lockedKey, path: pair });
          return [
            `IdentityAgent ${socket}`,
            `IdentityFile ${lockedKey.path}`,
            "IdentitiesOnly yes",
          ];
        },
        asked: [],
      },
      {
        name: "with a password, the third try",
        lines: () => ["PreferredAuthentications password"],
        answers: { askPassword: ({ attempt }) => (attempt < 3 ? "wrong" : right()) },
        asked: ["askPassword", "askPassword", "askPassword"],
      },
      {
        name: "with keyboard-interactive, before a password is asked for",
        lines: () => [],
        answers: {
          answerKeyboardInteractive: ({ prompts, attempt }) =>
            prompts.map(() => (attempt < 2 ? "wrong" : right())),
        },
        asked: ["answerKeyboardInteractive", "answerKeyboardInteractive"],
      },
      {
        name: "passing over an unusable and a refused key without asking for either",
        lines: () => {
          const unwanted = path.join(sshd.dir, "unwanted");
          if (!statSync(unwanted, { throwIfNoEntry: false }))
            makeKey(sshd.dir, "unwanted", "rsa", "secret");
          return [
            `IdentityFile ${sshd.dir}/none`,
            `IdentityFile ${unwanted}`,
            `IdentityFile ${key.path}`,
          ];
        },
        asked: [],
      },
    ];
    it.each(cases)("$name", async ({ lines, answers = {}, asked }) => {
      const prompter = scriptedPrompter(answers);
      const session = await open(home(await lines()), prompter);
      expect(await whoAmI(session)).toBe(user.name);
      expect(prompter.asked.map((one) => one.name)).toEqual(asked);
    });

    it.each([
      ["rsa", "rsa", []],
      ["ecdsa", "ecdsa", []],
      ["an encrypted RSA key in PEM format", "rsa", ["-m", "PEM"]],
    ] as const)("with %s", async (name, type, extra) => {
      const passphrase = extra.length > 0 ? "pem secret" : "";
      const other = makeKey(
        sshd.dir,
        `client-${name.replaceAll(" ", "-")}`,
        type,
        passphrase,
        extra,
      );
      sshd.authorize(user.name, other);
      if (extra.length > 0) execFileSync("rm", [`${other.path}.pub`]);
      const prompter = scriptedPrompter({ askPassphrase: () => passphrase });
      const session = await open(home([`IdentityFile ${other.path}`]), prompter);
      expect(await whoAmI(session)).toBe(user.name);
      expect(prompter.asked.length).toBe(extra.length > 0 ? 1 : 0);
    });
  });

  describe("second factor", () => {
    it("goes on after a key that alone is not enough", async () => {
      const strict = await startSshd({
        config: ["AuthenticationMethods publickey,keyboard-interactive"],
      });
      cleanUps.push(() => strict.stop());
      strict.authorize(user.name, key);
      const client = makeClientHome({ known_hosts: strict.knownHostsText() });
      cleanUps.push(() => client.remove());
      writeFileSync(
        client.environment.userConfigPath,
        `Host *\n IdentityFile ${strangerKey.path}\n IdentityFile ${key.path}\n`,
        { mode: 0o600 },
      );
      const prompter = scriptedPrompter({ answerKeyboardInteractive: () => [user.password] });
      const session = await open(client, prompter, `${user.name}@127.0.0.1:${strict.port}`);
      expect(await whoAmI(session)).toBe(user.name);
      expect(prompter.asked.map((one) => one.name)).toEqual(["answerKeyboardInteractive"]);
    });
  });

  describe("host keys", () => {
    it("asks about an unknown key before anything of the user is sent, and notes it down", async () => {
      const logBefore = sshd.log().length;
      const prompter = scriptedPrompter({
        confirmUnknownHostKey: async () => {
          // Whatever the client had sent by now would be in sshd's log soon.
          await new Promise((resolve) => setTimeout(resolve, 300));
          const seen = sshd.log().slice(logBefore);
          expect(seen).toContain("Connection from");
          expect(seen).not.toContain(user.name);
          return true;
        },
      });
      const client = home([`IdentityFile ${key.path}`], "# mine");
      await open(client, prompter);
      const file = path.join(client.sshDir, "known_hosts");
      expect(prompter.asked).toEqual([
        {
          name: "confirmUnknownHostKey",
          question: {
            host: "127.0.0.1",
            port: sshd.port,
            keyType: "ssh-ed25519",
            sha256Fingerprint: sshd.hostKeys[0]?.fingerprint,
            otherKnownTypes: [],
            savedTo: file,
          },
        },
      ]);
      expect(readFileSync(file, "utf8")).toBe(`# mine\n${sshd.knownHostsText().split("\n")[0]}\n`);
      // Known from now on, to ssh too.
      const again = scriptedPrompter({});
      await open(client, again);
      expect(again.asked).toEqual([]);
      const options = ["BatchMode yes", "GlobalKnownHostsFile none", `UserKnownHostsFile ${file}`];
      const flags = options.flatMap((option) => ["-o", option]);
      execFileSync("ssh", ["-F", client.environment.userConfigPath, ...flags, "box", "true"]);
    });

    it("makes ~/.ssh with mode 700 and known_hosts with 600", async () => {
      const client = home([`IdentityFile ${key.path}`, "UserKnownHostsFile ~/fresh/known_hosts"]);
      await open(client, scriptedPrompter({ confirmUnknownHostKey: () => true }));
      expect(statSync(path.join(client.dir, "fresh")).mode & 0o777).toBe(0o700);
      expect(statSync(path.join(client.dir, "fresh/known_hosts")).mode & 0o777).toBe(0o600);
    });

    it("waits for the answer longer than the time limit of the connection", async () => {
      const prompter = scriptedPrompter({
        confirmUnknownHostKey: () =>
          new Promise((resolve) => setTimeout(() => resolve(true), 1_600)),
      });
      await open(home([`IdentityFile ${key.path}`, "ConnectTimeout 1"], ""), prompter);
    });

    it("prefers the key type it knows over the one the server prefers", async () => {
      const rsaOnly = sshd.knownHostsText().split("\n")[1] ?? "";
      expect(rsaOnly).toContain("ssh-rsa");
      const prompter = scriptedPrompter({});
      await open(home([`IdentityFile ${key.path}`], `${rsaOnly}\n`), prompter);
      expect(prompter.asked).toEqual([]);
    });

    const refusals: {
      name: string;
      known: () => string;
      lines?: string[];
      code: string;
      asks: number;
    }[] = [
      {
        name: "a changed key, without asking",
        known: () => `[127.0.0.1]:${sshd.port} ${key.publicLine}\n`,
        code: "host-key-changed",
        asks: 0,
      },
      {
        name: "a changed key also with StrictHostKeyChecking no",
        known: () => `[127.0.0.1]:${sshd.port} ${key.publicLine}\n`,
        lines: ["StrictHostKeyChecking no"],
        code: "host-key-changed",
        asks: 0,
      },
      {
        name: "a revoked key",
        known: () => `@revoked * ${sshd.hostKeys[0]?.publicLine}\n`,
        code: "host-key-revoked",
        asks: 0,
      },
      {
        name: "an unknown key the person declines",
        known: () => "",
        code: "host-key-rejected",
        asks: 1,
      },
      {
        name: "an unknown key with StrictHostKeyChecking yes",
        known: () => "",
        lines: ["StrictHostKeyChecking yes"],
        code: "host-key-not-listed",
        asks: 0,
      },
    ];
    it.each(refusals)("refuses $name", async ({ known, lines = [], code, asks }) => {
      const logBefore = sshd.log().length;
      const prompter = scriptedPrompter({ confirmUnknownHostKey: () => false });
      const client = home([`IdentityFile ${key.path}`, ...lines], known());
      const error = await failure(open(client, prompter));
      expect(error.code).toBe(code);
      expect(error.message).toContain(sshd.hostKeys[0]?.fingerprint);
      if (code === "host-key-changed") expect(error.message).toContain(key.fingerprint);
      expect(prompter.asked.length).toBe(asks);
      expect(sshd.log().slice(logBefore)).not.toContain(user.name);
      expect(readFileSync(path.join(client.sshDir, "known_hosts"), "utf8")).toBe(known());
    });

    it("accepts and notes a new key unasked with accept-new", async () => {
      const client = home(
        [`IdentityFile ${key.path}`, "StrictHostKeyChecking accept-new", "HashKnownHosts yes"],
        "",
      );
      await open(client, scriptedPrompter({}));
      expect(readFileSync(path.join(client.sshDir, "known_hosts"), "utf8")).toMatch(/^\|1\|/);
    });
  });

  describe("tells why it failed", () => {
    it("refused keys and passwords, with what was tried and what the host takes", async () => {
      const prompter = scriptedPrompter({
        askPassword: () => "wrong",
        answerKeyboardInteractive: () => ["wrong"],
      });
      const error = await failure(
        open(
          home([`IdentityFile ${strangerKey.path}`, "KbdInteractiveAuthentication no"]),
          prompter,
        ),
      );
      expect(error.code).toBe("auth-refused");
      expect(error.message).toContain(`key ${strangerKey.path}, password`);
      expect(error.message).toContain(
        "the host accepts: publickey, password, keyboard-interactive",
      );
      expect(prompter.asked.map((one) => one.name)).toEqual(Array(3).fill("askPassword"));
    });

    it("does not ask for the same password under a second name", async () => {
      const prompter = scriptedPrompter({ answerKeyboardInteractive: () => ["wrong"] });
      const error = await failure(open(home(), prompter));
      expect(error.code).toBe("auth-refused");
      expect(prompter.asked.length).toBe(3);
    });

    it("too many keys in the agent; IdentitiesOnly helps", async () => {
      const many = [1, 2, 3, 4, 5, 6, 7].map((n) => makeKey(sshd.dir, `many-${n}`));
      const agent = `IdentityAgent ${await startAgent(...many, key)}`;
      const error = await failure(open(home([agent]), scriptedPrompter({})));
      expect(error.code).toBe("auth-too-many-failures");
      expect(error.nextStep).toContain("IdentitiesOnly");
      await open(
        home([agent, `IdentityFile ${key.path}.pub`, "IdentitiesOnly yes"]),
        scriptedPrompter({}),
      );
    });

    it("a closed port, an unknown name, something that is not SSH, silence", async () => {
      const { signal } = new AbortController();
      const closed = await freePort();
      const connectTo = (config: string, target: string) => {
        const client = makeClientHome({ config });
        cleanUps.push(() => client.remove());
        return failure(
          connectSsh(target, {
            environment: client.environment,
            prompter: scriptedPrompter({}),
            signal,
            log: () => {},
          }),
        );
      };
      expect((await connectTo("", `127.0.0.1:${closed}`)).code).toBe("connection-refused");
      expect((await connectTo("", "no-such-host.invalid")).code).toBe("host-unknown");
      const { createServer } = await import("node:net");
      const server = createServer((socket) => {
        if (talks) socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
        socket.on("error", () => {});
      });
      let talks = true;
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      cleanUps.push(() => server.close());
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      expect((await connectTo("", `127.0.0.1:${port}`)).code).toBe("handshake-failed");
      talks = false;
      const silent = await connectTo("ConnectTimeout 1\n", `127.0.0.1:${port}`);
      expect(silent.code).toBe("connection-timeout");
      expect(silent.message).toContain("1 seconds");
    });

    it("a configuration that others may write", async () => {
      const client = home();
      execFileSync("chmod", ["666", client.environment.userConfigPath]);
      expect((await failure(open(client, scriptedPrompter({})))).code).toBe("config-unreadable");
    });
  });

  describe("cancel", () => {
    it("an answer of undefined ends the attempt", async () => {
      expect((await failure(open(home(), scriptedPrompter({})))).code).toBe("cancelled");
    });

    it("the signal ends a question that nobody answers, and closes the connection", async () => {
      const abort = new AbortController();
      const prompter = scriptedPrompter({
        confirmUnknownHostKey: () => {
          setTimeout(() => abort.abort(), 50);
          return new Promise(() => {});
        },
      });
      const error = await failure(open(home([], ""), prompter, "box", abort.signal));
      expect(error.code).toBe("cancelled");
      await expect.poll(() => sshd.log().includes("Connection closed by")).toBe(true);
    });

    it("a signal that fired before anything began", async () => {
      const error = await failure(open(home(), scriptedPrompter({}), "box", AbortSignal.abort()));
      expect(error.code).toBe("cancelled");
    });
  });

  describe("on the way", () => {
    it("goes through two jump hosts, each with its own key check", async () => {
      const [first, second] = [await startSshd(), await startSshd()];
      cleanUps.push(
        () => first.stop(),
        () => second.stop(),
      );
      for (const one of [first, second]) one.authorize(user.name, key);
      const client = home(
        ["ProxyJump first,second"],
        first.knownHostsText() + sshd.knownHostsText(),
      );
      const config = readFileSync(client.environment.userConfigPath, "utf8");
      const hop = (name: string, at: TestSshd) =>
        `Host ${name}\n HostName 127.0.0.1\n Port ${at.port}\n`;
      writeFileSync(
        client.environment.userConfigPath,
        `${config}${hop("first", first)}${hop("second", second)}Host *\n User ${user.name}\n IdentityFile ${key.path}\n`,
      );
      const prompter = scriptedPrompter({ confirmUnknownHostKey: () => true });
      const session = await open(client, prompter);
      expect(await whoAmI(session)).toBe(user.name);
      expect(prompter.asked).toMatchObject([{ question: { port: second.port } }]);
      // The far end sees the jump host, not us.
      expect(first.log()).toContain("Accepted publickey");
      expect(second.log()).toContain("Accepted publickey");
      session.dispose();
      await session.closed;
      await expect.poll(() => first.log()).toMatch(/Disconnected from user/);
    });

    it("a jump host that leads back, or cannot reach the target", async () => {
      const loop = home(["ProxyJump box"]);
      expect((await failure(open(loop, scriptedPrompter({})))).code).toBe("jump-loop");
      const closed = await freePort();
      const client = makeClientHome({
        config: `Host far\n HostName 127.0.0.1\n Port ${closed}\n ProxyJump ${user.name}@127.0.0.1:${sshd.port}\nHost *\n IdentityFile ${key.path}\n`,
        known_hosts: sshd.knownHostsText(),
      });
      cleanUps.push(() => client.remove());
      expect((await failure(open(client, scriptedPrompter({}), "far"))).code).toBe("jump-failed");
    });

    it("through a ProxyCommand, or says why that ended", async () => {
      const relay = `${process.execPath} -e "const s=require('net').connect(+process.argv[2],process.argv[1]);process.stdin.pipe(s).pipe(process.stdout)" %h %p`;
      const session = await open(
        home([`IdentityFile ${key.path}`, `ProxyCommand ${relay}`]),
        scriptedPrompter({}),
      );
      expect(await whoAmI(session)).toBe(user.name);
      const error = await failure(
        open(home(["ProxyCommand sh -c 'echo no route to %h >&2; exit 7'"]), scriptedPrompter({})),
      );
      expect(error.code).toBe("proxy-command-failed");
      expect(error.message).toContain("exit status 7: no route to 127.0.0.1");
    });
  });

  describe("commands", () => {
    const { signal } = new AbortController();
    let session: SshSession;
    const run = (script: string, input?: Buffer) =>
      runScript(session, script, { what: "test", ...(input ? { input } : {}) }, signal);

    it("give exit status, signal and both outputs, and take megabytes", async () => {
      session = await open(home([`IdentityFile ${key.path}`]), scriptedPrompter({}));
      expect(await run("echo out; echo err >&2; exit 7")).toEqual({
        exit: { kind: "exit", code: 7 },
        stdout: "out\n",
        stderr: "err\n",
      });
      expect((await run("kill -9 $$")).exit).toEqual({ kind: "signal", signal: "SIGKILL" });
      expect((await run("wc -c", Buffer.alloc(5_000_000))).stdout.trim()).toBe("5000000");
      expect((await run("printf '%s' \"it's \\$HOME `echo x` !\"")).stdout).toBe("it's $HOME x !");
      expect((await failure(run("yes"))).message).toContain("printed too much");
    });

    it("are quick: no 40 ms waits on each round trip", async () => {
      session = await open(home([`IdentityFile ${key.path}`]), scriptedPrompter({}));
      await run("true");
      const timesMs: number[] = [];
      for (let i = 0; i < 7; i++) {
        const startedAtMs = performance.now();
        await run("true");
        timesMs.push(performance.now() - startedAtMs);
      }
      // 92-105 ms with Nagle's algorithm, 5-15 ms without.
      expect(timesMs.toSorted((a, b) => a - b)[3]).toBeLessThan(60);
    });

    it("wait their turn when the server allows two at a time", async () => {
      const narrow = await startSshd({ config: ["MaxSessions 2"] });
      cleanUps.push(() => narrow.stop());
      narrow.authorize(user.name, key);
      const client = makeClientHome({
        config: `Host *\n IdentityFile ${key.path}\n`,
        known_hosts: narrow.knownHostsText(),
      });
      cleanUps.push(() => client.remove());
      session = await open(client, scriptedPrompter({}), `${user.name}@127.0.0.1:${narrow.port}`);
      const results = await Promise.all([1, 2, 3, 4, 5].map((n) => run(`sleep 0.1; echo ${n}`)));
      expect(results.map((result) => result.stdout.trim())).toEqual(["1", "2", "3", "4", "5"]);
    });

    it("are lost, not ended, when the server goes", async () => {
      const other = await startSshd();
      other.authorize(user.name, key);
      const client = makeClientHome({
        config: `Host *\n IdentityFile ${key.path}\n`,
        known_hosts: other.knownHostsText(),
      });
      cleanUps.push(() => client.remove());
      session = await open(client, scriptedPrompter({}), `${user.name}@127.0.0.1:${other.port}`);
      const running = await session.start("exec sleep 60", signal);
      await other.stop();
      expect(await running.exited).toEqual({ kind: "lost" });
      expect((await failure(run("true"))).code).toBe("link-lost");
    });

    it("a frozen server is noticed by keepalive", async () => {
      // A relay that stops passing bytes on is a server that hangs without closing anything.
      const { createServer } = await import("node:net");
      let frozen = false;
      const relay = createServer((near) => {
        const far = tcpConnect(sshd.port, "127.0.0.1");
        near.on("data", (data) => !frozen && far.write(data));
        far.on("data", (data) => !frozen && near.write(data));
        for (const [one, other] of [
          [near, far],
          [far, near],
        ] as const) {
          one.on("error", () => {});
          one.on("close", () => other.destroy());
        }
      });
      await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
      cleanUps.push(() => relay.close());
      const address = relay.address();
      const port = typeof address === "object" && address ? address.port : 0;
      const client = home([
        `IdentityFile ${key.path}`,
        "ServerAliveInterval 1",
        "ServerAliveCountMax 1",
        `HostKeyAlias [127.0.0.1]:${sshd.port}`,
      ]);
      session = await open(client, scriptedPrompter({}), `box:${port}`);
      const running = await session.start("exec sleep 60", signal);
      frozen = true;
      expect(await running.exited).toEqual({ kind: "lost" });
    });
  });
});
