import { expect } from "vitest";
import { interpreters, oneOfEachMinor, sampled, testEach } from "./support/machine";
import { record } from "./support/record";
import { countOf, leafCounts } from "./support/stacks";
import { shareError } from "./support/statistics";
import { expectWhole } from "./support/whole";
import { folderFor, Workload } from "./support/workload";

interface HotLine {
  readonly function: string;
  readonly line: number;
  readonly least_share: number;
}

sampled("one hot line in a function", () => {
  testEach(interpreters, async (interpreter) => {
    const workload = await Workload.start(interpreter, "hot_line.py");
    await workload.mark();
    const recording = await record([workload.pid], 2);
    const { stacks, stats } = recording;
    const truth = await workload.end<HotLine>();

    const lines = leafCounts(stacks, ({ name, path, line }) => `${name} ${path}:${line}`);
    const hot = lines.get(`${truth.function} ${workload.script}:${truth.line}`) ?? 0;
    const bound = shareError(truth.least_share, stats.samples);
    expect(hot / stats.samples).toBeGreaterThan(truth.least_share - bound);
    expectWhole(interpreter, recording);
  });
});

sampled("the hot line of a function of 20,000 lines", () => {
  testEach(oneOfEachMinor, async (interpreter) => {
    const folder = folderFor(interpreter);
    const workload = await Workload.start(interpreter, "large.py", [folder.seen]);
    const recording = await record([workload.pid], 2);
    const { stacks } = recording;
    const truth = await workload.end<HotLine & { path: string; table_bytes: number }>();

    expect(truth.table_bytes).toBeGreaterThan(8192);
    const lines = leafCounts(stacks, ({ name, path, line }) => `${name} ${path}:${line}`);
    const hot = lines.get(`${truth.function} ${truth.path}:${truth.line}`) ?? 0;
    expect(hot / countOf(stacks)).toBeGreaterThan(truth.least_share);
    expectWhole(interpreter, recording);
  });
});
