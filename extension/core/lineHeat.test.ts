import { expect, test } from "vitest";
import {
  profileFromDeltas,
  profileFromText,
  ProfileTextBuilder,
} from "../../test/support/profileText";
import { computeHeat, functionsOfSources, linesOfSources } from "./lineHeat";
import { EVERYTHING, type Selection } from "./selection";
import { StackIndex } from "./stackIndex";

/** Heat as "file:line self/total" and "function self/total", sorted. */
function heatOf(text: string, select: (index: StackIndex) => Selection = () => EVERYTHING) {
  return describe(new StackIndex(profileFromText(text)), select);
}

function describe(index: StackIndex, select: (index: StackIndex) => Selection = () => EVERYTHING) {
  const { profile } = index;
  const heat = computeHeat(index, select(index));
  const lines: string[] = [];
  for (let source = 0; source < profile.sources.pid.length; source++) {
    for (const { line, self, total } of linesOfSources(index, heat, [source])) {
      const file = profile.remotePath(source).replace("/srv/", "");
      lines.push(`${file}:${line} ${self}/${total}`);
      expect(total).toBeLessThanOrEqual(heat.samples);
      expect(self).toBeLessThanOrEqual(total);
    }
  }
  const functions: string[] = [];
  for (let f = 0; f < heat.functionTotal.length; f++) {
    expect(heat.functionTotal[f]!).toBeLessThanOrEqual(heat.samples);
    if (heat.functionTotal[f]! > 0) {
      functions.push(`${profile.functionName(f)} ${heat.functionSelf[f]}/${heat.functionTotal[f]}`);
    }
  }
  return { samples: heat.samples, lines, functions };
}

test("self is the deepest Python line, total is anywhere on the stack", () => {
  expect(
    heatOf(`
      x3               x1
      main[app.py:10]  main[app.py:11]
      work[app.py:20]
    `),
  ).toEqual({
    samples: 4,
    lines: ["app.py:10 0/3", "app.py:11 1/1", "app.py:20 3/3"],
    functions: ["main 1/4", "work 3/3"],
  });
});

test("native and kernel frames below a line are its self", () => {
  expect(
    heatOf(`
      x2                  x5
      main[app.py:10]     main[app.py:10]
      SHA256[n:libssl]    read[n:libc]
                          sys_read[k]
    `),
  ).toEqual({
    samples: 7,
    lines: ["app.py:10 7/7"],
    functions: ["main 7/7", "SHA256 2/2", "read 0/5", "sys_read 5/5"],
  });
});

test("Python called back from native code is the deepest Python again", () => {
  const { lines } = heatOf(`
    x4
    main[app.py:10]
    sort[n:python3]
    key[app.py:30]
  `);
  expect(lines).toEqual(["app.py:10 0/4", "app.py:30 4/4"]);
});

test("a recursive line counts once a stack", () => {
  expect(
    heatOf(`
      x3              x2
      fib[app.py:5]   fib[app.py:5]
      fib[app.py:5]   fib[app.py:6]
      fib[app.py:6]   fib[app.py:5]
      fib[app.py:5]
    `),
  ).toEqual({ samples: 5, lines: ["app.py:5 5/5", "app.py:6 0/5"], functions: ["fib 5/5"] });
});

test("two functions on one line share the line but not the function", () => {
  const { lines, functions } = heatOf(`
    x3
    outer[app.py:5]
    <lambda>[app.py:5]
  `);
  expect(lines).toEqual(["app.py:5 3/3"]);
  expect(functions).toEqual(["outer 0/3", "<lambda> 3/3"]);
});

test("equal line numbers of two files stay apart", () => {
  const { lines } = heatOf(`
    x3
    main[a.py:5]
    main[b.py:5]
  `);
  expect(lines).toEqual(["a.py:5 0/3", "b.py:5 3/3"]);
});

test("a frame without a line counts for its function only", () => {
  const { lines, functions } = heatOf("x3\nmain[app.py:0]");
  expect(lines).toEqual([]);
  expect(functions).toEqual(["main 3/3"]);
});

test("stacks without Python count as samples and as no line", () => {
  expect(heatOf("x3       x1\napp[p:7]  main[app.py:1]\nidle[k]")).toMatchObject({
    samples: 4,
    lines: ["app.py:1 1/1"],
  });
});

const TWO_PROCESSES = `
  x3               x1               x2
  web[p:7]         web[p:7]         job[p:8]
  MainThread[t:7]  pool[t:9]        MainThread[t:8]
  main[app.py:10]  main[app.py:10]  main[app.py:10]
  work[app.py:20]  idle[app.py:30]  work[app.py:20]
`;

function functionNamed(index: StackIndex, name: string): number {
  for (let f = 0; f < index.profile.functions.kind.length; f++) {
    if (index.profile.functionName(f) === name) return f;
  }
  throw new Error(`no function ${name}`);
}

test("a process filter keeps its samples only", () => {
  const select = (index: StackIndex): Selection => ({
    ...EVERYTHING,
    processes: [functionNamed(index, "web [7]")],
  });
  expect(heatOf(TWO_PROCESSES, select)).toMatchObject({
    samples: 4,
    lines: ["app.py:10 0/4", "app.py:20 3/3", "app.py:30 1/1"],
  });
});

test("a thread filter keeps its samples only", () => {
  const select = (index: StackIndex): Selection => ({
    ...EVERYTHING,
    threads: [functionNamed(index, "pool [9]"), functionNamed(index, "MainThread [8]")],
  });
  expect(heatOf(TWO_PROCESSES, select)).toMatchObject({
    samples: 3,
    lines: ["app.py:10 0/3", "app.py:20 2/2", "app.py:30 1/1"],
  });
});

test.each([
  { names: [], inverted: false, hiddenKinds: 0, samples: 6 },
  { names: ["web [7]", "MainThread [7]"], inverted: false, hiddenKinds: 0, samples: 3 },
  { names: ["web [7]", "main"], inverted: false, hiddenKinds: 0, samples: 0 },
  { names: ["main", "work"], inverted: false, hiddenKinds: 3, samples: 5 },
  { names: ["work"], inverted: true, hiddenKinds: 0, samples: 5 },
  { names: ["work", "main", "MainThread [8]"], inverted: true, hiddenKinds: 0, samples: 2 },
  { names: ["main"], inverted: true, hiddenKinds: 0, samples: 0 },
])("path $names inverted=$inverted hidden=$hiddenKinds selects $samples", (row) => {
  const select = (index: StackIndex): Selection => ({
    ...EVERYTHING,
    path: {
      ...row,
      foldsInterpreter: false,
      functions: row.names.map((name) => functionNamed(index, name)),
    },
  });
  expect(heatOf(TWO_PROCESSES, select).samples).toBe(row.samples);
});

test("an index extended delta by delta says what a fresh one says", () => {
  const builder = new ProfileTextBuilder();
  const profile = profileFromDeltas([builder.delta("x3\nmain[app.py:10]\nfib[app.py:5]")]);
  const index = new StackIndex(profile);
  for (const text of [TWO_PROCESSES, "x9\nmain[app.py:10]\nfib[app.py:5]\nfib[app.py:5]"]) {
    profile.apply(builder.delta(text));
    index.extend();
    expect(describe(index)).toEqual(describe(new StackIndex(profile)));
  }
  expect(describe(index).lines).toContain("app.py:5 12/12");
});

test("sources that are one file for the reader add up, functions are in file order", () => {
  const index = new StackIndex(
    profileFromText(`
      x2                    x1
      late[/a/app.py:30]    early[/b/app.py:10]
      early[/a/app.py:10]
    `),
  );
  const heat = computeHeat(index);
  expect(linesOfSources(index, heat, [0, 1])).toEqual([
    { line: 10, self: 3, total: 3 },
    { line: 30, self: 0, total: 2 },
  ]);
  expect(functionsOfSources(index, heat, [0]).map((f) => f.line)).toEqual([10, 30]);
});
