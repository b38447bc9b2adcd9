import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { describeUnless } from "../../test/support/skip";
import { failureOf, makeStandIn, SshBox } from "../../test/support/sshBox";
import { scriptedPrompter } from "../../test/support/sshClient";
import { descendantsOf, whyNoSshd } from "../../test/support/sshd";
import type { TestUser } from "../../test/support/sshUsers";
import { deployHelper } from "./deploy";
import type { HelperLink } from "./helperLink";
import { WITHOUT_ROOT } from "./prompter";
import { deployAndStart, type ReachPhase } from "./reach";
import type { SshSession } from "./sshSession";
import { startHelper } from "./startHelper";

type Answers = Parameters<typeof scriptedPrompter>[0];

describeUnless(whyNoSshd(), "starting the helper over a real sshd", () => {
  let box: SshBox;
  const standIn = makeStandIn();
  const users: Partial<Record<"free" | "asked" | "pty" | "outsider" | "odd", TestUser>> = {};
  const links: HelperLink[] = [];

  beforeAll(async () => {
    box = await SshBox.start({ config: ["MaxSessions 50"] });
    users.free = box.addUser({ sudo: "nopasswd" });
    users.asked = box.addUser({ sudo: "password" });
    users.pty = box.addUser({ sudo: "password", sudoDefaults: "use_pty" });
    users.outsider = box.addUser();
    users.odd = box.addUser({ sudo: "nopasswd", sudoDefaults: "runas_default=nobody" });
  }, 60_000);
  afterEach(() => {
    for (const link of links.splice(0)) link.close();
  });
  afterAll(async () => {
    for (const user of Object.values(users)) {
      rmSync(`/var/tmp/emberline-${user.uid}`, { recursive: true, force: true });
    }
    await box?.stop();
    standIn.remove();
  }, 60_000);

  function userOf(name: keyof typeof users): TestUser {
    const user = users[name];
    if (user === undefined) throw new Error(`no user ${name}`);
    return user;
  }

  interface Attempt {
    readonly link: Promise<HelperLink>;
    readonly prompter: ReturnType<typeof scriptedPrompter>;
    readonly phases: [ReachPhase, string][];
  }

  function start(
    session: SshSession,
    answers: Answers = {},
    signal = new AbortController().signal,
  ): Attempt {
    const prompter = scriptedPrompter(answers);
    const phases: [ReachPhase, string][] = [];
    const onPhase = (...phase: [ReachPhase, string]) => phases.push(phase);
    const { binaries } = standIn;
    const options = { binaries, prompter, signal, onPhase, log: () => {} };
    const link = deployAndStart(session, options).then((opened) => {
      links.push(opened);
      return opened;
    });
    return { link, prompter, phases };
  }

  /** The first line the helper says, and proof that it hears us: what we say comes back. */
  async function talk(link: HelperLink): Promise<{ uid: string; pid: number }> {
    const lines = readLines(link);
    link.stdin.write("hello\n");
    const first = await lines();
    expect(await lines()).toBe("hello");
    const match = /^serving as (\d+) in (\d+)$/.exec(first);
    if (match?.[1] === undefined) throw new Error(`unexpected: ${first}`);
    return { uid: match[1], pid: Number(match[2]) };
  }

  function readLines(link: HelperLink): () => Promise<string> {
    let text = "";
    link.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
    });
    return async () => {
      while (!text.includes("\n")) await once(link.stdout, "data");
      const line = text.slice(0, text.indexOf("\n"));
      text = text.slice(line.length + 1);
      return line;
    };
  }

  const isAlive = (pid: number) => readdirSync("/proc").includes(String(pid));
  const rootCopies = () => readdirSync("/var/lib").filter((n) => n.startsWith("emberline-root."));

  /** Processes whose command line holds the user's home: everything of ours that runs for them. */
  function processesOf(user: TestUser): string[] {
    return readdirSync("/proc").filter((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(user.home);
      } catch {
        return false;
      }
    });
  }

  const commandOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      return ""; // ended since
    }
  };

  it("as root directly, without sudo and without a question", async () => {
    const session = await box.logIn("root");
    const { link, prompter, phases } = start(session);
    const { uid } = await talk(await link);
    expect(uid).toBe("0");
    expect(prompter.asked).toEqual([]);
    expect(phases.filter(([phase]) => phase === "elevating")).toEqual([
      ["elevating", expect.stringMatching(/^\/.*emberline-helper serve$/)],
    ]);
  });

  it("with sudo -n where that is allowed, without a question", async () => {
    const session = await box.logIn(userOf("free").name);
    const { link, prompter, phases } = start(session);
    const { uid } = await talk(await link);
    expect(uid).toBe("0");
    expect(prompter.asked).toEqual([]);
    expect(phases.at(-1)?.[1], "what runs as root is said before it runs").toMatch(
      /^sudo \/.*emberline-helper serve$/,
    );
  });

  it.each(["asked", "pty"] as const)(
    "with the password, asked for once (%s)",
    async (name) => {
      const user = userOf(name);
      const session = await box.logIn(user.name);
      const { link, prompter } = start(session, { askSudoPassword: () => user.password });
      const { uid } = await talk(await link);
      expect(uid).toBe("0");
      expect(prompter.asked).toEqual([
        {
          name: "askSudoPassword",
          question: {
            user: user.name,
            host: "box",
            attempt: 1,
            refused: false,
            command: expect.stringMatching(/emberline-helper serve$/),
          },
        },
      ]);
    },
    30_000,
  );

  it("with the password at the second try, told that the first was wrong", async () => {
    const user = userOf("asked");
    const session = await box.logIn(user.name);
    const { link, prompter } = start(session, {
      askSudoPassword: ({ attempt }) => (attempt === 1 ? "wrong" : user.password),
    });
    expect((await talk(await link)).uid).toBe("0");
    const rounds = prompter.asked.map(({ question }) => [question["attempt"], question["refused"]]);
    expect(rounds).toEqual([
      [1, false],
      [2, true],
    ]);
  }, 30_000);

  it("not with three wrong passwords", async () => {
    const session = await box.logIn(userOf("asked").name);
    const { link, prompter } = start(session, { askSudoPassword: () => "wrong" });
    const error = await failureOf(link);
    expect(error.code).toBe("sudo-refused");
    expect(prompter.asked.map(({ name }) => name)).toEqual([
      "askSudoPassword",
      "askSudoPassword",
      "askSudoPassword",
      "goOnWithoutRoot",
    ]);
  }, 30_000);

  it("not for a user who is in no sudoers file, however right the password", async () => {
    const user = userOf("outsider");
    const session = await box.logIn(user.name);
    const { link } = start(session, { askSudoPassword: () => user.password });
    const error = await failureOf(link);
    expect(error.code).toBe("sudo-not-allowed");
    expect(error.message).toContain("not in the sudoers file");
  }, 30_000);

  it.each(["outsider", "asked"] as const)(
    "as the user alone, when root is not to be had (%s)",
    async (name) => {
      const user = userOf(name);
      const session = await box.logIn(user.name);
      const { link, prompter, phases } = start(session, {
        askSudoPassword: () => "wrong",
        goOnWithoutRoot: () => true,
      });
      expect((await talk(await link)).uid).toBe(String(user.uid));
      const { question } = prompter.asked.at(-1) ?? {};
      expect(prompter.asked.filter((one) => one.name === "goOnWithoutRoot")).toHaveLength(1);
      expect(question).toEqual({
        user: user.name,
        host: "box",
        reason: expect.stringMatching(/^sudo on box .*\.$/),
      });
      expect(phases.at(-1)?.[1]).toMatch(/^\/.*emberline-helper serve$/);
    },
    30_000,
  );

  it("as the user alone, when the person says so at sudo's question", async () => {
    const user = userOf("asked");
    const session = await box.logIn(user.name);
    const { link, prompter } = start(session, { askSudoPassword: () => WITHOUT_ROOT });
    expect((await talk(await link)).uid).toBe(String(user.uid));
    expect(prompter.asked.map(({ name }) => name)).toEqual(["askSudoPassword"]);
    // What was left of sudo's attempt is gone; the helper and its shell stay.
    await expect
      .poll(() => processesOf(user).filter((pid) => commandOf(pid).includes("sudo")))
      .toEqual([]);
  });

  it("not on a host without sudo", async () => {
    const session = await box.logIn(userOf("outsider").name);
    const { signal } = new AbortController();
    const { binaries } = standIn;
    const helper = await deployHelper(session, { binaries, signal, onBytes: () => {} });
    const options = {
      prompter: scriptedPrompter({}),
      signal,
      onCommand: () => expect.unreachable("it runs something"),
      log: () => {},
    };
    const without = { ...helper, host: { ...helper.host, sudoPath: undefined } };
    expect((await failureOf(startHelper(session, without, options))).code).toBe("sudo-missing");
  });

  it("cancelled at sudo's question leaves no sudo waiting", async () => {
    const user = userOf("asked");
    const session = await box.logIn(user.name);
    const { link } = start(session, { askSudoPassword: () => undefined });
    expect((await failureOf(link)).code).toBe("cancelled");
    await expect.poll(() => processesOf(user), { timeout: 5_000 }).toEqual([]);
  });

  it("cancelled from outside while the question is open", async () => {
    const user = userOf("asked");
    const session = await box.logIn(user.name);
    const aborter = new AbortController();
    const askSudoPassword = () => {
      setTimeout(() => aborter.abort(), 50);
      return new Promise<undefined>(() => {});
    };
    const { link } = start(session, { askSudoPassword }, aborter.signal);
    expect((await failureOf(link)).code).toBe("cancelled");
    await expect.poll(() => processesOf(user), { timeout: 5_000 }).toEqual([]);
  });

  it("never runs a file that was changed after it had been put there", async () => {
    for (const name of ["root", userOf("free").name]) {
      const session = await box.logIn(name);
      const { signal } = new AbortController();
      const { binaries } = standIn;
      const helper = await deployHelper(session, { binaries, signal, onBytes: () => {} });
      writeFileSync(helper.path, "#!/bin/sh\necho evil\n");
      const options = {
        prompter: scriptedPrompter({}),
        signal,
        onCommand: () => {},
        log: () => {},
      };
      const error = await failureOf(startHelper(session, helper, options));
      expect(error.code, name).toBe("helper-tampered");
    }
  });

  it("goes outside the home when root may not read there", async () => {
    // sudo runs things as nobody for this user: like root on an NFS home with root_squash.
    const user = userOf("odd");
    const session = await box.logIn(user.name);
    const { link, phases } = start(session);
    const error = await failureOf(link);
    expect(error.code).toBe("helper-unreadable-by-root");
    const tried = phases.filter(([phase]) => phase === "elevating").map(([, text]) => text);
    expect(tried).toEqual([
      expect.stringContaining(`sudo ${user.home}/`),
      expect.stringContaining(`sudo /var/tmp/emberline-${user.uid}/`),
    ]);
  });

  it("throws away what login scripts print", async () => {
    const user = box.addUser({ sudo: "nopasswd", shell: "/bin/bash" });
    writeFileSync(path.join(user.home, ".bashrc"), "echo Welcome; echo to this host >&2\n");
    const session = await box.logIn(user.name);
    const { link } = start(session);
    expect((await talk(await link)).uid).toBe("0");
  });

  describe("leaves nothing behind", () => {
    const ways: [string, (link: HelperLink, session: SshSession) => void, string][] = [
      ["when the link is closed", (link) => link.close(), ""],
      ["when the connection is closed", (_link, session) => session.dispose(), "link-lost"],
      [
        "when the connection is killed in mid-run",
        () => {
          for (const pid of sessionServers()) process.kill(pid, "SIGKILL");
        },
        "link-lost",
      ],
      ["when the helper ends by itself", (link) => link.stdin.end(), "helper-ended"],
    ];
    /** The sshd processes of logged-in sessions, those with and those without privilege. */
    function sessionServers(): number[] {
      const isServer = (pid: number) =>
        readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("sshd");
      return descendantsOf(box.sshd.pid).filter(isServer);
    }

    it.each(ways)("%s", async (_name, end, code) => {
      const user = userOf("free");
      const session = await box.logIn(user.name);
      const before = rootCopies();
      const { link: opening } = start(session);
      const link = await opening;
      const { pid } = await talk(link);
      expect(rootCopies().length).toBe(before.length + 1);
      end(link, session);
      await expect.poll(() => isAlive(pid), { timeout: 3_000 }).toBe(false);
      await expect.poll(rootCopies, { timeout: 3_000 }).toEqual(before);
      await expect.poll(() => processesOf(user), { timeout: 3_000 }).toEqual([]);
      if (code !== "") expect((await link.ended).code).toBe(code);
    });
  });
});
