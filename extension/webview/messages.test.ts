import { expect, test } from "vitest";
import { parseFromWebview, parseToWebview, type FromWebview } from "./messages";

const path = { functions: [1, 2], inverted: false, hiddenKinds: 8, foldsInterpreter: true };
const openFrame = {
  type: "openFrame",
  source: 3,
  remotePath: "/srv/app.py",
  line: 10,
  functionName: "main",
  toSide: false,
} as const;

const GOOD: readonly FromWebview[] = [
  { type: "ready" },
  { type: "resync", detail: "delta 3 after 1" },
  openFrame,
  { type: "selectionChanged", zoomed: path, focused: null },
];

test.each(GOOD)("$type is taken as it is", (message) => {
  const copy: unknown = JSON.parse(JSON.stringify(message));
  expect(parseFromWebview(copy)).toEqual(message);
});

test.each([
  [null],
  ["ready"],
  [{}],
  [{ type: "other" }],
  [{ type: "resync" }],
  [{ ...openFrame, line: -1 }],
  [{ ...openFrame, line: 1.5 }],
  [{ ...openFrame, remotePath: 7 }],
  [{ ...openFrame, toSide: undefined }],
  [{ type: "selectionChanged", zoomed: path }],
  [{ type: "selectionChanged", zoomed: { ...path, functions: ["x"] }, focused: null }],
  [{ type: "selectionChanged", zoomed: null, focused: { ...path, inverted: 1 } }],
])("%j is refused", (message) => expect(parseFromWebview(message)).toBeNull());

test("messages of other scripts in the window are left alone", () => {
  expect(parseToWebview({ type: "live", isLive: true })).toEqual({ type: "live", isLive: true });
  expect(parseToWebview({ type: "vscode:something" })).toBeNull();
  expect(parseToWebview(undefined)).toBeNull();
});
