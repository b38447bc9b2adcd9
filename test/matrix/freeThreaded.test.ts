import { readFileSync } from "node:fs";
import { describe, expect, inject, test } from "vitest";

const { measured } = inject("matrix");
const told = JSON.parse(
  readFileSync("helper/internal/cpython/testdata/freethreaded.json", "utf8"),
) as typeof measured;

/** All but the number of the release, which a later one changes. */
const members = (build: (typeof measured)[string] = {}) =>
  Object.entries(build).filter(([name]) => name !== "version" && name !== "debugOffsets");

/**
 * Free-threaded 3.14 and 3.15 cannot be had as programs. The helper's own tests read
 * the offsets that are held here against the headers; nothing of them was run.
 */
for (const [minor, build] of Object.entries(measured)) {
  describe(`${minor}.0t (headers)`, () => {
    describe("both", () => {
      test("offsets only, never run", () => {
        expect(members(build).length).toBeGreaterThan(25);
        expect(members(build)).toEqual(members(told[minor]));
      });
    });
  });
}
