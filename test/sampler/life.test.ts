import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";
import { newest, oneOfEachMinor, sampled, testEach, type Interpreter } from "./support/machine";
import { Recorder, type Recording } from "./support/record";
import { countOf, pythonOf, type Stack } from "./support/stacks";
import { countError } from "./support/statistics";
import { expectWhole, expectWholeStacks } from "./support/whole";
import { placeOf, Workload, workloadEnv } from "./support/workload";

const HZ = 999;
const run = promisify(execFile);

interface Brief {
  readonly pid: number;
  readonly lines: Readonly<Record<string, number>>;
  readonly cpu_ns: number;
}

/** Runs brief.py to its end: so many milliseconds of CPU and it is gone. */
async function brief(interpreter: Interpreter, script: string, milliseconds: number) {
  const [program, ...args] = [...interpreter.command, script, String(milliseconds)];
  const { stdout } = await run(program ?? "", args, { env: workloadEnv });
  return JSON.parse(stdout) as Brief;
}

const of = (stacks: readonly Stack[], pid: number) => stacks.filter((s) => s.process.pid === pid);

/** That a process was sampled for its CPU time, with the right names and lines. */
function checkBrief(recording: Recording, truth: Brief, script: string): void {
  const stacks = of(recording.stacks, truth.pid);
  const inBrief = stacks.filter((stack) => pythonOf(stack).some((f) => f.name === "brief"));
  const expected = (truth.cpu_ns / 1e9) * HZ;
  expect(Math.abs(countOf(inBrief) - expected)).toBeLessThan(countError(expected));
  for (const stack of inBrief) {
    const names = pythonOf(stack).map(({ name, path }) => `${name} ${path}`);
    expect(names.slice(0, 3)).toEqual(["<module>", "main", "brief"].map((n) => `${n} ${script}`));
    const called = pythonOf(stack).find((frame) => frame.name === "spin");
    if (called !== undefined) {
      expect(called.line).toBeGreaterThanOrEqual((truth.lines["spin"] ?? 0) - 1);
      expect(called.line).toBeLessThanOrEqual(truth.lines["spin"] ?? 0);
      const caller = pythonOf(stack).find((frame) => frame.name === "brief");
      expect(caller?.line).toBe(truth.lines["brief"]);
    }
  }
}

sampled("a program of 50 ms that starts while all are recorded", () => {
  testEach(oneOfEachMinor, async (interpreter) => {
    const script = placeOf(interpreter, "brief.py");
    const recorder = new Recorder({ frequencyHz: HZ });
    await recorder.sampling();
    const truth = await brief(interpreter, script, 50);
    const recording = await recorder.stop();
    checkBrief(recording, truth, script);
    expectWholeStacks(interpreter, of(recording.stacks, truth.pid));
    const account = recording.stats.processes.find((process) => process.pid === truth.pid);
    expect(account).toMatchObject({ version: interpreter.version });
  });
});

sampled("100 short programs in a row", () => {
  testEach(oneOfEachMinor.slice(0, 1), async (interpreter) => {
    const script = placeOf(interpreter, "brief.py");
    const recorder = new Recorder({ frequencyHz: HZ });
    await recorder.sampling();
    const truths = [];
    for (let i = 0; i < 100; i++) truths.push(await brief(interpreter, script, 10));
    const recording = await recorder.stop();
    for (const truth of truths) {
      checkBrief(recording, truth, script);
      expectWholeStacks(interpreter, of(recording.stacks, truth.pid));
    }
    expect(recording.stats.lost).toBe(0);
  });
});

interface Workers {
  readonly workers: Readonly<
    Record<string, { readonly function: string; readonly cpu_ns: number }>
  >;
}

sampled("workers that a program forks while it is recorded", () => {
  testEach(oneOfEachMinor, async (interpreter) => {
    const workload = await Workload.start(interpreter, "prefork.py");
    const recorder = new Recorder({ pids: [workload.pid], frequencyHz: HZ });
    await recorder.sampling();
    await workload.mark();
    const { workers } = await workload.end<Workers>();
    const recording = await recorder.finished();
    const { stacks, stats } = recording;

    expect(Object.keys(workers)).toHaveLength(4);
    for (const [pid, truth] of Object.entries(workers)) {
      const own = of(stacks, Number(pid));
      const expected = (truth.cpu_ns / 1e9) * HZ;
      expect(Math.abs(countOf(own) - expected), pid).toBeLessThan(countError(expected));
      const inPlace = own.filter((s) => pythonOf(s).some((frame) => frame.name === truth.function));
      expect(countOf(inPlace) / countOf(own)).toBeGreaterThan(0.95);
      const account = stats.processes.find((process) => process.pid === Number(pid));
      expect(account?.samples).toBe(countOf(own));
    }
    expectWhole(interpreter, recording);
  });
});

sampled("a program that becomes another", () => {
  testEach(oneOfEachMinor, async (interpreter) => {
    const next = [...interpreter.command, placeOf(interpreter, "shares.py")];
    // Inside of a chroot there is no chroot.
    const args = interpreter.root === "" ? next : next.slice(2);
    const workload = await Workload.start(interpreter, "replaced.py", args);
    const recorder = new Recorder({ pids: [workload.pid], frequencyHz: HZ, seconds: 3 });
    await recorder.sampling();
    workload.tellMark();
    await workload.answer<{ ready: boolean }>();
    const recording = await recorder.finished();
    const { stacks, stats } = recording;

    const has = (name: string) => (stack: Stack) => pythonOf(stack).some((f) => f.name === name);
    expect(countOf(stacks, has("before"))).toBeGreaterThan(0);
    expect(countOf(stacks, has("seventy"))).toBeGreaterThan(0);
    // Nothing of the one program is seen in the other.
    const mixed = stacks.filter((s) => has("before")(s) && (has("seventy")(s) || has("thirty")(s)));
    expect(mixed).toEqual([]);
    const first = (stack: Stack) => pythonOf(stack)[0]?.path.split("/").at(-1);
    expect(countOf(stacks, (s) => has("before")(s) && first(s) !== "replaced.py")).toBe(0);
    expect(countOf(stacks, (s) => has("seventy")(s) && first(s) !== "shares.py")).toBe(0);
    expect(stats.processes.map((process) => process.pid)).toContain(workload.pid);
    expectWhole(interpreter, recording);
  });
});

sampled("a program that becomes one without Python", () => {
  testEach([newest], async (interpreter) => {
    const workload = await Workload.start(interpreter, "replaced.py", ["/bin/sleep", "60"]);
    const recorder = new Recorder({ pids: [workload.pid], frequencyHz: HZ });
    await recorder.sampling();
    workload.tellMark();
    // No chosen process is left that could be sampled, so it ends by itself.
    const recording = await recorder.finished();
    expect(countOf(recording.stacks)).toBeGreaterThan(0);
    expectWhole(interpreter, recording);
  });
});

sampled("a program that ends while it is recorded", () => {
  testEach(oneOfEachMinor, async (interpreter) => {
    const workload = await Workload.start(interpreter, "shares.py");
    const recorder = new Recorder({ pids: [workload.pid], frequencyHz: HZ });
    await recorder.sampling();
    await workload.end();
    const recording = await recorder.finished();
    const { stacks, stats } = recording;

    expect(countOf(stacks)).toBeGreaterThan(0);
    expect(stats.duration_ns).toBeLessThan(60e9);
    expect(stats.processes).toMatchObject([{ pid: workload.pid, samples: countOf(stacks) }]);
    expectWhole(interpreter, recording);
  });
});
