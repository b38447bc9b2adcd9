import { expect, test } from "vitest";
import { profileFromText } from "../../test/support/profileText";
import { StackIndex } from "../core/stackIndex";
import { lineNeighbours, type Neighbour } from "./lineNeighbours";

function neighboursOf(text: string, line: number) {
  const profile = profileFromText(text);
  const index = new StackIndex(profile);
  const found = lineNeighbours(
    index,
    index.profile.nodes.self.data.slice(0, index.profile.nodes.parent.length),
    (id) => id >= 0 && index.lineNumber.at(id) === line,
  );
  const name = (n: Neighbour) => `${profile.functionName(n.functionIndex)} ${n.samples}`;
  return { callers: found.callers.map(name), callees: found.callees.map(name) };
}

test("Python callers and callees of a line, most samples first", () => {
  const text = `
    x3                x1                x2                x4
    app[p:7]          app[p:7]          app[p:7]          app[p:7]
    main[app.py:10]   main[app.py:10]   other[app.py:5]   main[app.py:11]
    work[app.py:20]   work[app.py:20]   work[app.py:20]   work[app.py:21]
    parse[app.py:30]  SHA256[n:libssl]
  `;
  expect(neighboursOf(text, 20)).toEqual({
    callers: ["main 4", "other 2"],
    callees: ["parse 3"],
  });
});

test("native frames between Python ones are passed over", () => {
  const text = `
    x2                 x1
    main[app.py:10]    main[app.py:10]
    eval[n:python]     eval[n:python]
    work[app.py:20]    work[app.py:20]
    sort[n:python]     sort[n:python]
    key[app.py:30]     memmove[n:libc]
  `;
  expect(neighboursOf(text, 20)).toEqual({ callers: ["main 3"], callees: ["key 2"] });
});

test("a process is no caller", () => {
  const text = `
    app[p:7]
    main[app.py:10]
  `;
  expect(neighboursOf(text, 10)).toEqual({ callers: [], callees: [] });
});

test("recursion counts once a stack", () => {
  const text = `
    x5
    main[app.py:10]
    fib[app.py:20]
    fib[app.py:20]
    fib[app.py:20]
    leaf[app.py:30]
  `;
  expect(neighboursOf(text, 20)).toEqual({ callers: ["main 5"], callees: ["fib 5"] });
});
