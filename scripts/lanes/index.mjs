/**
 * The lanes of `npm test`, in order. A lane whose `present` is false has no
 * tests in this tree yet and is not listed. `needs` names lanes without which
 * this one cannot run; it then counts as one failure.
 */
import { bootstrap } from "../bootstrap.mjs";
import { tally } from "../lib/check.mjs";
import { globSync } from "../lib/files.mjs";
import { goTest } from "../lib/goTest.mjs";
import { vitest } from "../lib/vitest.mjs";
import { format, lint, types } from "./static.mjs";

const has = (folder, ...suffixes) => globSync(folder, suffixes).length > 0;

export const lanes = [
  {
    name: "bootstrap",
    run: async () => {
      await bootstrap(undefined, () => {});
      return tally(1);
    },
  },
  { name: "format", run: format },
  { name: "lint", run: lint },
  { name: "types", run: types, present: () => has("extension", ".ts") },
  { name: "units", run: () => vitest("units") },
  { name: "go", run: () => goTest(), present: () => has("helper", "_test.go") },
];
