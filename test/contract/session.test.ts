import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { toHelperError } from "../../extension/wire/errors";
import { listProcessesRequest } from "../../extension/wire/methods";
import { KindPython } from "../../extension/wire/protocol.gen";
import { within } from "../support/childProcess";
import { Helper, samplesOf, shutdownRequest } from "./support/helper";
import { burn, busy, hotLine, program, script } from "./support/programs";

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000));

async function open(): Promise<Helper> {
  const helper = await Helper.open();
  onTestFinished(async () => {
    await helper.close();
    expect(helper.faults).toEqual([]);
  });
  return helper;
}

const codeOf = (answer: Promise<unknown>) =>
  answer.then(
    () => "answered",
    (error: unknown) => toHelperError(error)?.code,
  );

/** Samples on each line of a file, from the deltas alone. */
function linesOf(helper: Helper, file: string): Map<number, number> {
  const all = helper.deltas;
  const strings = all.flatMap((d) => d.strings);
  const paths = all.flatMap((d) => d.sources.remotePath).map((index) => strings[index]);
  const kinds = all.flatMap((d) => d.functions.kind);
  const sources = all.flatMap((d) => d.functions.source);
  const functions = all.flatMap((d) => d.frames.function);
  const lines = all.flatMap((d) => d.frames.line);
  const frames = all.flatMap((d) => d.nodes.frame);
  const parents = all.flatMap((d) => d.nodes.parent);
  const found = new Map<number, number>();
  for (const { counts } of all) {
    counts.node.forEach((leaf, i) => {
      let node = leaf;
      const functionAt = () => functions[frames[node] ?? -1] ?? -1;
      // What Python calls in C and in the kernel is its line's.
      while (node >= 0 && kinds[functionAt()] !== KindPython) node = parents[node] ?? -1;
      const frame = frames[node] ?? -1;
      const of = functionAt();
      if (node < 0 || paths[sources[of] ?? -1] !== file) return;
      const line = lines[frame] ?? 0;
      found.set(line, (found.get(line) ?? 0) + (counts.count[i] ?? 0));
    });
  }
  return found;
}

describe("a session", () => {
  test("streams what burns, and its account is true", async () => {
    const file = script(burn);
    const worker = await busy(file);
    const helper = await open();
    const started = await helper.start({ pids: [worker.pid] });
    expect(started).toMatchObject({ sessionId: 1, sampler: "bpf", frequencyHz: 199 });
    expect(["cycles", "cpu-clock"]).toContain(started.event);
    expect(Math.abs(Date.now() - started.startedAtUnixMs)).toBeLessThan(5000);
    const beganMs = performance.now();
    await helper.until(() => helper.deltas.length >= 3);
    // At least twice a second, as the heat in the editor is drawn.
    expect(performance.now() - beganMs).toBeLessThan(1500);
    await seconds(1);
    const stats = await helper.stop();

    expect(helper.deltas.map((delta) => delta.sequence)).toEqual(
      helper.deltas.map((_, index) => index + 1),
    );
    expect(samplesOf(helper.deltas)).toBe(stats.samples);
    expect(stats.samples).toBeGreaterThan(0.9 * stats.expected);
    expect(stats).toMatchObject({ lost: 0, sampler: "bpf", frequency_hz: 199 });
    expect(stats.processes.map((process) => process.pid)).toEqual([worker.pid]);
    const lines = linesOf(helper, file);
    const [hottest] = [...lines].toSorted((a, b) => b[1] - a[1]);
    expect([hotLine - 1, hotLine]).toContain(hottest?.[0]);
    expect([...lines.values()].reduce((a, b) => a + b, 0)).toBeGreaterThan(0.9 * stats.samples);

    const strings = helper.deltas.flatMap((delta) => delta.strings);
    const { sources } = helper.deltas[0] ?? expect.fail("no delta");
    const row = sources.remotePath.findIndex((index) => strings[index] === file);
    const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
    expect(sources.sha256[row]).toBe(sha256);
  });

  test("a client that never acknowledges gets one delta, and the rest when it stops", async () => {
    const worker = await busy(script(burn));
    const helper = await open();
    helper.stopAcknowledging();
    await helper.start({ pids: [worker.pid], deltaIntervalMs: 50 });
    await helper.until(() => helper.deltas.length === 1);
    await seconds(1.5);
    expect(helper.deltas).toHaveLength(1);
    const stats = await helper.stop();
    expect(helper.deltas).toHaveLength(2);
    expect(samplesOf(helper.deltas)).toBe(stats.samples);
    expect(samplesOf(helper.deltas.slice(1))).toBeGreaterThan(samplesOf(helper.deltas.slice(0, 1)));
  });

  test("says when its processes have gone, with all their samples", async () => {
    const file = script(burn.replace("while True", "for _ in range(1500)"));
    const worker = await busy(file);
    const helper = await open();
    await helper.start({ pids: [worker.pid] });
    await helper.until(() => helper.ended.length > 0);
    const [ended] = helper.ended;
    expect(ended).toMatchObject({ sessionId: 1, reason: "targets-exited" });
    expect(samplesOf(helper.deltas)).toBe(ended?.stats.samples);
    expect(linesOf(helper, file).size).toBeGreaterThan(0);
    expect(await helper.stop()).toEqual(ended?.stats);
    // There is room for another one.
    const next = await busy(script(burn));
    expect(await helper.start({ pids: [next.pid] })).toMatchObject({ sessionId: 2 });
  });

  test("a program that starts later is sampled when all are", async () => {
    const helper = await open();
    await helper.start({ pids: [] });
    const file = script(burn);
    await busy(file);
    await helper.until(() => linesOf(helper, file).size > 0);
  });

  test("there is one at a time, and only of processes that can be sampled", async () => {
    const worker = await busy(script(burn));
    const sleeper = await program("sleep", "60");
    const helper = await open();
    expect(await codeOf(helper.start({ pids: [sleeper.pid] }))).toBe("not-python");
    expect(await codeOf(helper.start({ pids: [2 ** 30] }))).toBe("no-such-process");
    expect(await codeOf(helper.start({ pids: [worker.pid], frequencyHz: 0 }))).toBe("usage");
    expect(await codeOf(helper.stop(1))).toBe("no-session");
    await helper.start({ pids: [worker.pid] });
    expect(await codeOf(helper.start({ pids: [worker.pid] }))).toBe("busy");
    expect(await codeOf(helper.stop(2))).toBe("no-session");
  });
});

describe("a client that goes away in the middle", () => {
  async function sampling(): Promise<Helper> {
    const worker = await busy(script(burn));
    const helper = await open();
    await helper.start({ pids: [worker.pid], frequencyHz: 999, deltaIntervalMs: 50 });
    await helper.until(() => helper.deltas.length > 0);
    return helper;
  }

  test("closes stdin: the helper is gone within a second", async () => {
    const helper = await sampling();
    const exit = await helper.exit(() => helper.child.stdin?.end());
    expect(exit).toMatchObject({ code: 1, signal: null });
    expect(exit.afterMs).toBeLessThan(1000);
  });

  test("closes stdin and does not read: the helper is gone within a second", async () => {
    const helper = await sampling();
    await floodUnread(helper);
    expect(isAlive(helper.pid)).toBe(true);
    helper.child.stdin?.end();
    expect(await within(1000, () => !isAlive(helper.pid))).toBe(true);
  });

  test("shuts down politely: the rest of the samples comes first", async () => {
    const helper = await sampling();
    const before = helper.deltas.length;
    expect(await helper.connection.sendRequest(shutdownRequest)).toBeNull();
    expect(helper.deltas.length).toBeGreaterThan(before);
  });
});

/** Asks more than a pipe holds the answers of, and reads none of them. */
async function floodUnread(helper: Helper): Promise<void> {
  helper.child.stdout?.pause();
  helper.child.stdout?.removeAllListeners("data");
  for (let i = 0; i < 400; i++) {
    helper.connection.sendRequest(listProcessesRequest).catch(() => {});
  }
  await seconds(0.5);
}

function isAlive(pid: number): boolean {
  try {
    // A process that has ended and was not waited for yet still has its entry.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
