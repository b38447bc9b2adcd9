import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { interpreters, sampled, testEach } from "./support/machine";
import { record } from "./support/record";
import { countOf, pythonOf } from "./support/stacks";
import { expectWhole } from "./support/whole";
import { Workload } from "./support/workload";

/** The only child of a process. */
function childOf(pid: number): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
  return Number(child);
}

/** It runs the program as its child: a process cannot change its own pid namespace. */
const unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child"];

sampled("a program in a pid and mount namespace of its own", () => {
  // Of a suite only in its chroot: as in a container, no path of it leads anywhere outside.
  const list = interpreters.filter((one) => one.origin !== "suite" || one.root !== "");
  testEach(list, async (interpreter) => {
    const workload = await Workload.start(interpreter, "shares.py", [], { prefix: unshare });
    const pid = childOf(workload.pid);
    expect(readFileSync(`/proc/${pid}/status`, "utf8")).toMatch(/^NSpid:\t\d+\t1$/m);
    const recording = await record([pid], 1);
    const { stacks, stats } = recording;
    await workload.end();

    const inside = countOf(stacks, (stack) =>
      pythonOf(stack).some((f) => f.name === "step" && f.path === workload.script),
    );
    expect(inside / stats.samples).toBeGreaterThan(0.9);
    expect(stats.processes).toMatchObject([{ pid, version: interpreter.version }]);
    expect(stacks.every((stack) => stack.process.pid === pid)).toBe(true);
    expectWhole(interpreter, recording);
  });
});
