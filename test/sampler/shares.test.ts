import { expect } from "vitest";
import { interpreters, sampled, testEach } from "./support/machine";
import { record } from "./support/record";
import { countOf, pythonOf } from "./support/stacks";
import { shareError } from "./support/statistics";
import { expectWhole } from "./support/whole";
import { Workload } from "./support/workload";

interface Shares {
  readonly functions: Readonly<
    Record<string, { readonly share: number; readonly first: number; readonly last: number }>
  >;
}

sampled("shares of two functions that time themselves", () => {
  testEach(interpreters, async (interpreter) => {
    const workload = await Workload.start(interpreter, "shares.py");
    await workload.mark();
    const recording = await record([workload.pid], 3, 1999);
    const { stacks, stats } = recording;
    const { functions } = await workload.end<Shares>();

    const below = (name: string) =>
      countOf(stacks, (stack) => pythonOf(stack).some((frame) => frame.name === name));
    const both = below("seventy") + below("thirty");
    expect(both / stats.samples).toBeGreaterThan(0.9);
    for (const [name, { share, first, last }] of Object.entries(functions)) {
      expect(Math.abs(below(name) / both - share), name).toBeLessThan(shareError(share, both));
      const lines = stacks.flatMap(pythonOf).filter((frame) => frame.name === name);
      for (const { line, path } of lines) {
        expect(path).toBe(workload.script);
        expect(line).toBeGreaterThanOrEqual(first);
        expect(line).toBeLessThanOrEqual(last);
      }
    }
    expectWhole(interpreter, recording);
  });
});
