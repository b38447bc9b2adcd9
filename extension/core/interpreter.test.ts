import { expect, test } from "vitest";
import { profileFromText } from "../../test/support/profileText";
import { interpreterFunctions, isInterpreterFile } from "./interpreter";

test.each([
  ["/usr/bin/python3.11", true],
  ["/usr/bin/python2.7", true],
  ["/opt/py/bin/python", true],
  ["/opt/py/bin/python3.13t", true],
  ["/opt/py/lib/libpython3.7m.so.1.0", true],
  ["/opt/py/lib/libpython3.14td.so.1.0", true],
  ["/opt/py/lib/libpython3.so", true],
  ["/usr/bin/python3.12 (deleted)", true],
  ["/usr/lib/python3.12/lib-dynload/_json.cpython-312-x86_64-linux-gnu.so", false],
  ["/usr/lib/x86_64-linux-gnu/libc.so.6", false],
  ["/usr/lib/libpython_like.so", false],
  ["/usr/bin/pythonista", false],
  ["", false],
])("%s is the interpreter's: %s", (path, expected) =>
  expect(isInterpreterFile(path)).toBe(expected),
);

/** Names of the functions that are the interpreter's own. */
function namesOf(text: string): string[] {
  const profile = profileFromText(text);
  const flags = interpreterFunctions(profile);
  return Array.from({ length: flags.length }, (_, f) => f)
    .filter((f) => flags[f] === 1)
    .map((f) => profile.functionName(f));
}

test("a program that CPython is linked into is known by its evaluator, whichever came first", () => {
  const text = `
    main[app.py:1]
    PyNumber_Add[n:/usr/bin/uwsgi]
    _PyEval_EvalFrameDefault.cold[n:/usr/bin/uwsgi]
    memmove[n:/lib/libc.so.6]
    read[k]
  `;
  expect(namesOf(text)).toEqual(["PyNumber_Add", "_PyEval_EvalFrameDefault.cold"]);
});

test("a function of that name in another file makes only that file the interpreter", () => {
  const text = `
    PyEval_EvalFrameEx[n:/opt/a]
    PyNumber_Add[n:/opt/b]
  `;
  expect(namesOf(text)).toEqual(["PyEval_EvalFrameEx"]);
});
