import { expect, test } from "vitest";
import {
  emptyDelta,
  profileFromDeltas,
  profileFromText,
  ProfileTextBuilder,
  type MutableDelta,
} from "../../test/support/profileText";
import { Profile } from "./profile";

const TEXT = `
  x3               x1
  app[p:7]         app[p:7]
  main[app.py:10]  main[app.py:11]
  work[app.py:20]  read[k]
`;

/** Every stack of the profile as "a > b: samples", which no table order can change. */
function stacks(profile: Profile): string[] {
  const found: string[] = [];
  for (let node = 0; node < profile.nodes.parent.length; node++) {
    const self = profile.nodes.self.at(node);
    if (self === 0) continue;
    const names: string[] = [];
    for (let up = node; up >= 0; up = profile.nodes.parent.at(up)) {
      const line = profile.frames.line.at(profile.nodes.frame.at(up));
      names.unshift(`${profile.functionName(profile.nodeFunction(up))}:${line}`);
    }
    found.push(`${names.join(" > ")} = ${self}`);
  }
  return found.sort();
}

test("a delta becomes stacks with their counts", () => {
  const profile = profileFromText(TEXT);
  expect(stacks(profile)).toEqual([
    "app [7]:0 > main:10 > work:20 = 3",
    "app [7]:0 > main:11 > read:0 = 1",
  ]);
  expect(profile.totalSamples).toBe(4);
  expect(profile.functionPath(profile.nodeFunction(1))).toBe("/srv/app.py");
});

test("later deltas append, and counts of known stacks add up", () => {
  const builder = new ProfileTextBuilder();
  const profile = profileFromDeltas([builder.delta(TEXT)]);
  const second = builder.delta(TEXT);
  expect(second.nodes.parent).toEqual([]);
  expect(second.strings).toEqual([]);
  expect(profile.apply(second)).toEqual({ ok: true, value: undefined });
  expect(profile.totalSamples).toBe(8);
  expect(stacks(profile)[0]).toBe("app [7]:0 > main:10 > work:20 = 6");
});

test("a snapshot is the profile, and deltas go on from it", () => {
  const builder = new ProfileTextBuilder();
  const profile = profileFromDeltas([builder.delta(TEXT), builder.delta(TEXT)]);
  const copy = Profile.fromSnapshot(profile.snapshot());
  if (!copy.ok) throw new Error(copy.error.detail);
  expect(copy.value.snapshot()).toEqual(profile.snapshot());
  expect(copy.value.apply(builder.delta("x5\nother[p:8]")).ok).toBe(true);
  expect(copy.value.totalSamples).toBe(13);
});

test("an empty profile has an empty snapshot", () => {
  const copy = Profile.fromSnapshot(new Profile().snapshot());
  expect(copy.ok && copy.value.apply(emptyDelta(1)).ok).toBe(true);
});

test.each([0, 1, 3])("delta %i after delta 1 is out of order", (sequence) => {
  const builder = new ProfileTextBuilder();
  const profile = profileFromDeltas([builder.delta(TEXT)]);
  const refused = profile.apply(emptyDelta(sequence));
  expect(refused.ok ? null : refused.error.kind).toBe("sequence");
});

const FAULTS: readonly [string, (delta: MutableDelta) => void][] = [
  ["nodes.parent[0] is 4", (d) => void (d.nodes.parent.push(4), d.nodes.frame.push(0))],
  ["nodes.parent[0] is -2", (d) => void (d.nodes.parent.push(-2), d.nodes.frame.push(0))],
  ["nodes.frame[0] is 99", (d) => void (d.nodes.parent.push(-1), d.nodes.frame.push(99))],
  ["nodes: columns", (d) => void d.nodes.parent.push(-1)],
  ["counts.node[0] is 77", (d) => void (d.counts.node.push(77), d.counts.count.push(1))],
  ["counts.count[0] is 0", (d) => void (d.counts.node.push(0), d.counts.count.push(0))],
  ["counts.count[0] is 1.5", (d) => void (d.counts.node.push(0), d.counts.count.push(1.5))],
  ["sources.remotePath[0]", (d) => pushSource(d, 1000)],
  ["functions.kind[0] is 6", (d) => pushFunction(d, 6, 0, -1)],
  ["functions.name[0] is -1", (d) => pushFunction(d, 2, -1, -1)],
  ["functions.source[0] is 50", (d) => pushFunction(d, 2, 0, 50)],
];

function pushSource(delta: MutableDelta, path: number): void {
  delta.sources.remotePath.push(path);
  delta.sources.sha256.push("");
  delta.sources.pid.push(1);
}

function pushFunction(delta: MutableDelta, kind: number, name: number, source: number): void {
  delta.functions.kind.push(kind);
  delta.functions.name.push(name);
  delta.functions.source.push(source);
  delta.functions.module.push(-1);
  delta.functions.firstLine.push(1);
}

test.each(FAULTS)("refused whole: %s", (detail, spoil) => {
  const builder = new ProfileTextBuilder();
  const profile = profileFromDeltas([builder.delta("x3\na[app.py:1]\nb[app.py:2]\nc[app.py:3]")]);
  const before = profile.snapshot();
  const delta = emptyDelta(2);
  delta.strings.push("new");
  spoil(delta);
  const refused = profile.apply(delta);
  expect(refused.ok ? null : refused.error.kind).toBe("malformed");
  expect(refused.ok ? "" : refused.error.detail).toContain(detail);
  expect(profile.snapshot()).toEqual(before);
});
