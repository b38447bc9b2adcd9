import { expect } from "vitest";
import { newest, oneOfEachMinor, sampled, testEach } from "./support/machine";
import { record } from "./support/record";
import { countOf, pythonOf } from "./support/stacks";
import { shareError } from "./support/statistics";
import { expectWhole } from "./support/whole";
import { copyWorkloads, folderFor, Workload } from "./support/workload";

interface Names {
  readonly functions: readonly {
    readonly name: string;
    readonly path: string;
    readonly line: number;
  }[];
}

/** In this format no name holds a `;`. */
const asCollapsed = (text: string) => text.replaceAll(";", ":");

sampled("names and files that are hard to carry", () => {
  testEach(oneOfEachMinor, async (interpreter) => {
    const folder = folderFor(interpreter);
    const workload = await Workload.start(interpreter, "names.py", [folder.seen]);
    const recording = await record([workload.pid], 3);
    const { stacks, stats } = recording;
    const { functions } = await workload.end<Names>();

    for (const { name, path, line } of functions) {
      const own = countOf(stacks, (stack) =>
        pythonOf(stack).some(
          (frame) => frame.name === name && frame.path === asCollapsed(path) && frame.line === line,
        ),
      );
      const share = 1 / functions.length;
      const measured = own / stats.samples;
      const what = `${name.slice(0, 40)} in ${path.slice(0, 80)}`;
      expect(Math.abs(measured - share), what).toBeLessThan(shareError(share, stats.samples));
    }
    expectWhole(interpreter, recording);
  });
});

sampled("a script named by a relative path", () => {
  testEach([newest], async (interpreter) => {
    const folder = folderFor(interpreter);
    copyWorkloads(folder, "shares.py", "talk.py");
    const options = { cwd: folder.here, script: "./shares.py" };
    const workload = await Workload.start(interpreter, "", [], options);
    const { stacks } = await record([workload.pid], 1);
    const paths = new Set(stacks.flatMap(pythonOf).map((frame) => frame.path));
    expect(paths).toContain(`${folder.here}/shares.py`);
    expect([...paths].filter((path) => path.includes("/./"))).toEqual([]);
  });
});

for (const args of [[], ["--same-line"]]) {
  const how = args.length === 0 ? "" : ", alike but for their names";
  sampled(`code objects that take each other's address${how}`, () => {
    testEach(oneOfEachMinor, async (interpreter) => {
      const workload = await Workload.start(interpreter, "reused.py", args);
      const recording = await record([workload.pid], 2, 1999);
      const { stacks } = recording;
      await workload.end();

      // made_N calls leaf_D, D the last digit of N.
      const digitOf = (frame: { name: string } | undefined) => frame?.name.at(-1);
      const met = stacks.filter((stack) =>
        pythonOf(stack).some((f) => /^made_\d{6}$/.test(f.name)),
      );
      const wrong = met.filter((stack) => {
        const frames = pythonOf(stack);
        const made = frames.find((frame) => frame.name.startsWith("made_"));
        const leaf = frames.find((frame) => frame.name.startsWith("leaf_"));
        return leaf !== undefined && digitOf(made) !== digitOf(leaf);
      });
      expect(wrong.map((stack) => pythonOf(stack).map((frame) => frame.name))).toEqual([]);
      expect(met.length).toBeGreaterThan(100);
      expectWhole(interpreter, recording);
    });
  });
}
