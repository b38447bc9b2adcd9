import { expect, test } from "vitest";
import { profileFromText } from "../../test/support/profileText";
import { hotFunctions, hotLines } from "./hotLines";
import { computeHeat } from "./lineHeat";
import { StackIndex } from "./stackIndex";

const index = new StackIndex(
  profileFromText(`
    x6               x3               x1
    app[p:7]         app[p:7]         app[p:7]
    main[app.py:10]  main[app.py:10]  main[app.py:11]
    work[app.py:20]  work[app.py:21]
                     SHA256[n:libssl]
  `),
);
const heat = computeHeat(index);

test("lines by self", () => {
  const rows = hotLines(index, heat, "self", 10).map(
    (r) => `${r.functionName}:${r.line} ${r.selfShare}`,
  );
  expect(rows).toEqual(["work:20 0.6", "work:21 0.3", "main:11 0.1"]);
});

test("lines by total, cut at the limit", () => {
  const rows = hotLines(index, heat, "total", 2);
  expect(rows.map((r) => `${r.remotePath}:${r.line} ${r.totalShare}`)).toEqual([
    "/srv/app.py:10 0.9",
    "/srv/app.py:20 0.6",
  ]);
});

test("functions are code only; a native one has no file", () => {
  const rows = hotFunctions(index, heat, "total", 10);
  expect(rows.map((r) => `${r.name} ${r.self}/${r.total} ${r.remotePath}`)).toEqual([
    "main 1/10 /srv/app.py",
    "work 9/9 /srv/app.py",
    "SHA256 3/3 null",
  ]);
});

test("an empty profile has no hot lines", () => {
  const empty = new StackIndex(profileFromText(""));
  expect(hotLines(empty, computeHeat(empty), "self", 10)).toEqual([]);
});
