import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from "vscode-jsonrpc/node";

import { describeUnless } from "../../test/support/skip";
import { SshBox } from "../../test/support/sshBox";
import { scriptedPrompter } from "../../test/support/sshClient";
import { descendantsOf, whyNoSshd } from "../../test/support/sshd";
import type { TestUser } from "../../test/support/sshUsers";
import { Profile } from "../core/profile";
import { readHelperInfo } from "../wire/errors";
import {
  acknowledgeNotification,
  deltaNotification,
  doctorRequest,
  listProcessesRequest,
  startRequest,
} from "../wire/methods";
import { Version } from "../wire/protocol.gen";
import type { HelperLink } from "./helperLink";
import { localHost } from "./localHost";
import { WITHOUT_ROOT } from "./prompter";
import { deployAndStart } from "./reach";

const built = (platform: string) =>
  fileURLToPath(new URL(`../../dist/helper/${platform}/emberline-helper`, import.meta.url));
const binaries = { "linux-x64": built("linux-x64"), "linux-arm64": built("linux-arm64") };

const burn = "def burn():\n    n = 0\n    while True:\n        n += 1\n\nburn()\n";

describeUnless(whyNoSshd(), "the built helper, put on a host and started there", () => {
  let box: SshBox;
  let user: TestUser;
  let program: ChildProcess;
  const dir = mkdtempSync(path.join(tmpdir(), "emberline-burn-"));

  beforeAll(async () => {
    expect(
      Object.values(binaries).filter((file) => !existsSync(file)),
      "npm run build",
    ).toEqual([]);
    box = await SshBox.start();
    user = box.addUser({ sudo: "nopasswd" });
    writeFileSync(path.join(dir, "burn.py"), burn);
    program = spawn("/usr/bin/python3", [path.join(dir, "burn.py")], { stdio: "ignore" });
  }, 60_000);
  afterAll(async () => {
    program?.kill();
    await box?.stop();
    rmSync(dir, { recursive: true, force: true });
  }, 60_000);

  const open = (
    host: Parameters<typeof deployAndStart>[0],
    answers: Parameters<typeof scriptedPrompter>[0] = {},
  ) =>
    deployAndStart(host, {
      binaries,
      prompter: scriptedPrompter(answers),
      signal: new AbortController().signal,
      onPhase: () => {},
      log: () => {},
    });

  function connect(link: HelperLink): MessageConnection {
    const reader = new StreamMessageReader(link.stdout);
    const connection = createMessageConnection(reader, new StreamMessageWriter(link.stdin));
    connection.onError(() => {});
    connection.listen();
    return connection;
  }

  async function initialize(connection: MessageConnection) {
    const initializationOptions = { protocolVersion: Version };
    const params = { processId: null, rootUri: null, capabilities: {}, initializationOptions };
    const answer: { capabilities: { experimental?: unknown } } = await connection.sendRequest(
      "initialize",
      params,
    );
    await connection.sendNotification("initialized", {});
    const info = readHelperInfo(answer.capabilities.experimental);
    if (info === undefined) throw new Error(JSON.stringify(answer));
    return info;
  }

  const isAlive = (pid: number) => readdirSync("/proc").includes(String(pid));

  it("runs as root, is the file that was built, and keeps what it sampled when the line is cut", async (context) => {
    const link = await open(await box.logIn(user.name));
    const connection = connect(link);
    const info = await initialize(connection);
    expect(info).toMatchObject({ uid: 0, protocolVersion: Version, buildHash: link.sha256 });

    const { processes } = await connection.sendRequest(listProcessesRequest);
    expect(processes.find(({ pid }) => pid === program.pid)).toMatchObject({
      user: "root",
      command: expect.stringContaining("burn.py"),
      profilable: true,
    });

    const doctor = await connection.sendRequest(doctorRequest);
    if (!doctor.canSample) context.skip(JSON.stringify(doctor.checks));
    const profile = new Profile();
    connection.onNotification(deltaNotification, (delta) => {
      expect(profile.apply(delta).ok).toBe(true);
      const { sessionId, sequence } = delta;
      void connection.sendNotification(acknowledgeNotification, { sessionId, sequence });
    });
    await connection.sendRequest(startRequest, {
      pids: [program.pid ?? 0],
      frequencyHz: 499,
      native: false,
      kernel: true,
      deltaIntervalMs: 100,
    });
    await expect.poll(() => profile.sequence, { timeout: 10_000 }).toBeGreaterThan(2);

    const isServer = (pid: number) => readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("sshd");
    for (const pid of descendantsOf(box.sshd.pid).filter(isServer)) process.kill(pid, "SIGKILL");
    expect((await link.ended).code).toBe("link-lost");
    await expect.poll(() => isAlive(info.pid), { timeout: 3_000 }).toBe(false);
    expect(profile.totalSamples).toBeGreaterThan(0);
    expect(profile.strings).toContain("burn");
  }, 60_000);

  it("samples a user's own program without root", async () => {
    const outsider = box.addUser();
    const own = spawn("/usr/bin/python3", ["-c", burn], {
      stdio: "ignore",
      uid: outsider.uid,
      gid: outsider.uid,
    });
    try {
      const link = await open(await box.logIn(outsider.name), {
        askSudoPassword: () => WITHOUT_ROOT,
      });
      const connection = connect(link);
      expect((await initialize(connection)).uid).toBe(outsider.uid);
      const { processes } = await connection.sendRequest(listProcessesRequest);
      const listed = (pid = 0) => processes.find((one) => one.pid === pid);
      expect(listed(own.pid)).toMatchObject({ user: outsider.name, profilable: true });
      expect(listed(program.pid)).toMatchObject({ user: "root", profilable: false });
      const { samplers } = await connection.sendRequest(doctorRequest);
      expect(samplers.map(({ name, usable }) => [name, usable])).toEqual([
        ["bpf", false],
        ["procmem", true],
      ]);

      const profile = new Profile();
      connection.onNotification(deltaNotification, (delta) => {
        expect(profile.apply(delta).ok).toBe(true);
        const { sessionId, sequence } = delta;
        void connection.sendNotification(acknowledgeNotification, { sessionId, sequence });
      });
      const started = await connection.sendRequest(startRequest, {
        pids: [own.pid ?? 0],
        frequencyHz: 99,
        native: false,
        kernel: true,
        deltaIntervalMs: 100,
      });
      expect(started).toMatchObject({
        sampler: "procmem",
        whyNotBpf: expect.stringMatching(/^The kernel .*\.$/),
      });
      await expect.poll(() => profile.totalSamples, { timeout: 20_000 }).toBeGreaterThan(20);
      expect(profile.strings).toContain("burn");
      link.close();
    } finally {
      own.kill("SIGKILL");
    }
  }, 60_000);

  it("ends by itself after shutdown and exit", async () => {
    const link = await open(await box.logIn(user.name));
    const connection = connect(link);
    const { pid } = await initialize(connection);
    await connection.sendRequest("shutdown");
    await connection.sendNotification("exit");
    expect((await link.ended).message).toContain("exit status 0");
    await expect.poll(() => isAlive(pid), { timeout: 3_000 }).toBe(false);
  });

  it("runs on this machine too, and goes when it is let go", async () => {
    const before = process.env["XDG_CACHE_HOME"];
    process.env["XDG_CACHE_HOME"] = path.join(dir, "cache");
    try {
      const link = await open(localHost);
      const { pid, uid } = await initialize(connect(link));
      expect(uid).toBe(0);
      link.close();
      await link.ended;
      await expect.poll(() => isAlive(pid), { timeout: 3_000 }).toBe(false);
    } finally {
      if (before === undefined) delete process.env["XDG_CACHE_HOME"];
      else process.env["XDG_CACHE_HOME"] = before;
    }
  });
});
