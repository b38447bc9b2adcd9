import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { CancellationTokenSource } from "vscode-jsonrpc/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { isRequestCancelled, toHelperError } from "../../extension/wire/errors";
import { doctorRequest, listProcessesRequest } from "../../extension/wire/methods";
import { Version } from "../../extension/wire/protocol.gen";
import {
  exitNotification,
  hello,
  Helper,
  helperFile,
  initializeRequest,
  shutdownRequest,
} from "./support/helper";
import { burn, busy, program, python, script } from "./support/programs";

async function open(): Promise<Helper> {
  const helper = await Helper.open();
  onTestFinished(() => helper.close());
  return helper;
}

/** utime + stime of /proc/PID/stat, which counts in 1/100 s. */
function cpuMsOf(pid: number): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [utime = NaN, stime = NaN] = fields.split(" ").slice(11, 13).map(Number);
  return 10 * (utime + stime);
}

const refusalOf = (answer: Promise<unknown>) =>
  answer.then(
    () => "answered",
    (error: unknown) => toHelperError(error)?.code ?? Reflect.get(error as object, "code"),
  );

describe("hello and goodbye", () => {
  test("says who it is, once it is asked to", async () => {
    const helper = new Helper();
    onTestFinished(() => helper.close());
    expect(await refusalOf(helper.connection.sendRequest(doctorRequest))).toBe(-32002);
    const old = { ...hello, initializationOptions: { protocolVersion: Version + 1 } };
    expect(await refusalOf(helper.connection.sendRequest(initializeRequest, old))).toBe(
      "version-mismatch",
    );
    expect(await helper.initialize()).toEqual({
      protocolVersion: Version,
      version: "9.9.9",
      buildHash: createHash("sha256").update(readFileSync(helperFile)).digest("hex"),
      hostname: hostname(),
      kernel: readFileSync("/proc/sys/kernel/osrelease", "utf8").trim(),
      architecture: process.arch === "x64" ? "x86_64" : "aarch64",
      pid: helper.pid,
      uid: process.getuid?.(),
      counterMeanings: expect.objectContaining({
        ring_full: "Stacks lost because the helper did not keep up.",
        late_ticks: "Looks that came late and waited for a punctual one.",
      }),
    });
  });

  test("shutdown then exit is status 0", async () => {
    const helper = await open();
    expect(await helper.connection.sendRequest(shutdownRequest)).toBeNull();
    const exit = await helper.exit(() => helper.connection.sendNotification(exitNotification));
    expect(exit).toMatchObject({ code: 0, stderr: "" });
  });

  test.each([
    ["exit without shutdown", 1, (h: Helper) => h.connection.sendNotification(exitNotification)],
    ["stdin closed", 1, (h: Helper) => h.child.stdin?.end()],
    ["SIGTERM", 1, (h: Helper) => h.child.kill("SIGTERM")],
    ["something else than the protocol", 2, (h: Helper) => h.child.stdin?.write("GET /\r\n\r\n")],
  ])("%s is status %i, within a second", async (_name, code, end) => {
    const helper = await open();
    const exit = await helper.exit(() => end(helper));
    expect(exit).toMatchObject({ code, signal: null });
    expect(exit.afterMs).toBeLessThan(1000);
    const lines = exit.stderr.split("\n").filter((line) => line !== "");
    expect(lines.length).toBe(code === 2 ? 1 : 0);
  });
});

describe("requests", () => {
  test("a cancelled request is given up", async () => {
    const helper = await open();
    await program(python, "-c", "import time; time.sleep(60)");
    const source = new CancellationTokenSource();
    // The first list measures CPU use for 200 ms, which is time to change one's mind.
    const answer = helper.connection.sendRequest(listProcessesRequest, source.token);
    setTimeout(() => source.cancel(), 20);
    await expect(answer).rejects.toSatisfy(isRequestCancelled);
    expect((await helper.connection.sendRequest(listProcessesRequest)).processes).not.toEqual([]);
  });

  test("the list of processes is live", async () => {
    const helper = await open();
    const file = script(burn);
    const worker = await busy(file);
    const list = async () => {
      const { processes } = await helper.connection.sendRequest(listProcessesRequest);
      return processes.find((process) => process.pid === worker.pid);
    };
    await list();
    const before = { cpuMs: cpuMsOf(worker.pid), atMs: performance.now() };
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const info = await list();
    // The kernel's own account of the same second, in steps of 10 ms.
    const share = (cpuMsOf(worker.pid) - before.cpuMs) / (performance.now() - before.atMs);
    expect(info).toMatchObject({
      build: "static",
      free_threaded: false,
      libc: "glibc",
      container: null,
      threads: 1,
      user: "root",
      profilable: true,
      why_not: "",
    });
    expect(info?.version).toMatch(/^3\.\d+\.\d+$/);
    expect(info?.command).toContain(file);
    expect(Math.abs((info?.cpu_percent ?? NaN) - 100 * share)).toBeLessThan(15);
    worker.kill("SIGKILL");
    await expect.poll(list, { timeout: 5000 }).toBeUndefined();
  });
});
