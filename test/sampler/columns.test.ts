import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { expressionsOfLine } from "../../extension/core/expressionHeat";
import { FrameKind } from "../../extension/core/frameKind";
import { computeHeat } from "../../extension/core/lineHeat";
import type { Profile } from "../../extension/core/profile";
import { StackIndex } from "../../extension/core/stackIndex";
import { expressionText, placeExpressions, type Page } from "../../extension/editor/expressionPlan";
import { Helper } from "../contract/support/helper";
import { oneOfEachMinor, sampled, testEach } from "./support/machine";
import { Workload } from "./support/workload";

interface Columns {
  readonly function: string;
  /** line, end line, column, end column */
  readonly calls: Readonly<Record<string, readonly [number, number, number, number]>>;
}

/** Samples by the place at which their innermost Python frame was. */
function places(profile: Profile, name: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [node, samples] of [...profile.nodes.self.view()].entries()) {
    let at = node;
    const frameAt = () => profile.nodes.frame.at(at);
    const functionAt = () => profile.frames.function.at(frameAt());
    while (profile.functions.kind.at(functionAt()) > FrameKind.python) {
      at = profile.nodes.parent.at(at);
    }
    if (profile.strings[profile.functions.name.at(functionAt())] !== name) continue;
    const { line, endLine, column, endColumn } = profile.frames;
    const place = [line, endLine, column, endColumn].map((table) => table.at(frameAt())).join(" ");
    counts.set(place, (counts.get(place) ?? 0) + samples);
  }
  return counts;
}

/** The texts of a line's expressions as an editor shows them, most samples first. */
function expressions(profile: Profile, line: number): string[] {
  const file = new URL("../workloads/truth/columns.py", import.meta.url);
  const lines = readFileSync(file, "utf8").split("\n");
  const page: Page = { exactLine: (ran) => ran, textOf: (at) => lines[at] ?? "" };
  const index = new StackIndex(profile);
  const heat = computeHeat(index);
  const sources = Array.from({ length: profile.sources.pid.length }, (_, source) => source).filter(
    (source) => profile.remotePath(source).endsWith("/columns.py"),
  );
  const placed = placeExpressions(expressionsOfLine(index, heat, sources, line), page);
  return placed.map((expression) => expressionText(expression, page));
}

sampled("columns tell apart two calls on a line and find one over three lines", () => {
  testEach(oneOfEachMinor, async (interpreter) => {
    const workload = await Workload.start(interpreter, "columns.py");
    const helper = await Helper.open();
    onTestFinished(() => helper.close());
    await helper.start({ pids: [workload.pid], frequencyHz: 999 });
    await sleep(2_000);
    await helper.stop();
    const truth = await workload.end<Columns>();

    expect(helper.faults).toEqual([]);
    const met = places(helper.profile, truth.function);
    const samples = (call: string) => met.get(truth.calls[call]?.join(" ") ?? "") ?? 0;
    expect(samples("costly")).toBeGreaterThan(samples("cheap"));
    expect(samples("cheap")).toBeGreaterThan(samples("spread"));
    expect(samples("spread")).toBeGreaterThan(0);
    const three = samples("costly") + samples("cheap") + samples("spread");
    const lineOf = (call: string) => truth.calls[call]?.[0] ?? 0;
    const both = expressions(helper.profile, lineOf("costly"));
    expect(both.slice(0, 2)).toEqual(["sum(COSTLY)", "max(CHEAP)"]);
    expect(expressions(helper.profile, lineOf("spread"))[0]).toBe("min( SPREAD, )");
    expect(three / helper.profile.totalSamples).toBeGreaterThan(0.9);
  });
});
