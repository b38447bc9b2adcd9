import { expect } from "vitest";
import { interpreters, newest, oneOfEachMinor, sampled, testEach } from "./support/machine";
import { record } from "./support/record";
import { broken, countOf, leafCounts, pythonOf } from "./support/stacks";
import { shareError } from "./support/statistics";
import { copyWorkloads, folderFor, Workload } from "./support/workload";

interface HotLine {
  readonly function: string;
  readonly line: number;
  readonly least_share: number;
}

sampled("one hot line in a function", () => {
  testEach(interpreters, async (interpreter) => {
    const workload = await Workload.start(interpreter, "hot_line.py");
    await workload.mark();
    const { stacks, stats } = await record([workload.pid], 2);
    const truth = await workload.end<HotLine>();

    const lines = leafCounts(stacks, ({ name, path, line }) => `${name} ${path}:${line}`);
    const hot = lines.get(`${truth.function} ${workload.script}:${truth.line}`) ?? 0;
    const bound = shareError(truth.least_share, stats.samples);
    expect(hot / stats.samples).toBeGreaterThan(truth.least_share - bound);
    expect(broken(stacks)).toEqual([]);
  });
});

sampled("the hot line of a function of 20,000 lines", () => {
  testEach(oneOfEachMinor, async (interpreter) => {
    const folder = folderFor(interpreter);
    const workload = await Workload.start(interpreter, "large.py", [folder.seen]);
    const { stacks } = await record([workload.pid], 2);
    const truth = await workload.end<HotLine & { path: string; table_bytes: number }>();

    expect(truth.table_bytes).toBeGreaterThan(8192);
    const lines = leafCounts(stacks, ({ name, path, line }) => `${name} ${path}:${line}`);
    const hot = lines.get(`${truth.function} ${truth.path}:${truth.line}`) ?? 0;
    expect(hot / countOf(stacks)).toBeGreaterThan(truth.least_share);
    expect(broken(stacks)).toEqual([]);
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
    expect([...paths].filter((path) => path.startsWith("."))).toEqual([]);
  });
});
