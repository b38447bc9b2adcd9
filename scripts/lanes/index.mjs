/**
 * The lanes of `npm test`, in order. A lane whose `present` is false has no
 * tests in this tree yet and is not listed. `needs` names lanes without which
 * this one cannot run; it then counts as one failure. A lane that takes many
 * minutes is `long`: it runs only when it is asked for.
 */
import { bootstrap } from "../bootstrap.mjs";
import { build } from "../build.mjs";
import { check, tally } from "../lib/check.mjs";
import { globSync } from "../lib/files.mjs";
import { goTest } from "../lib/goTest.mjs";
import { vitest } from "../lib/vitest.mjs";
import { pack } from "../package.mjs";
import { generated } from "./generated.mjs";
import { kernels } from "./kernels.mjs";
import { format, lint, types } from "./static.mjs";

const has = (folder, ...suffixes) => globSync(folder, suffixes).length > 0;

/** A lane that is a project of vitest.config.ts. */
const project = (name, folder, needs = [], suffix = ".test.ts") => ({
  name,
  needs,
  run: () => vitest(name),
  present: () => has(folder, suffix),
});

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
  { name: "types", run: types },
  { name: "units", run: () => vitest("units") },
  { name: "go", run: () => goTest() },
  { name: "generated", run: generated },
  { name: "build", run: () => check("build", () => build().then(pack)) },
  project("packaging", "test", ["build"]),
  project("webview", "test/webview"),
  project("ssh", "extension", ["build"], ".ssh.test.ts"),
  project("contract", "test/contract"),
  project("sampler", "test/sampler"),
  // A short cut of `npm run test:matrix`.
  project("matrix", "test/matrix"),
  project("e2e", "test/e2e", ["build"]),
  { name: "kernels", long: true, run: kernels },
];
