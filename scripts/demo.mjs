/**
 * `npm run demo`: an OpenSSH server with a Python program behind it, and VS Code
 * in the browser with the packaged extension, until Ctrl-C.
 * `npm run demo -- --once`, or without a terminal: the whole path by itself, in
 * headless Chromium; the status is 0 only when every step happened.
 */
import { parseArgs } from "node:util";
import { bootstrap } from "./bootstrap.mjs";
import { build } from "./build.mjs";
import { importTypescript } from "./lib/importTypescript.mjs";
import { main } from "./lib/main.mjs";
import { inRoot, out } from "./lib/paths.mjs";
import { which } from "./lib/run.mjs";
import { table } from "./lib/table.mjs";
import { vscodeNode, vscodeServer } from "./lib/vscodeInstall.mjs";
import { pack } from "./package.mjs";

await main(import.meta.url, async () => {
  const { values } = parseArgs({ options: { once: { type: "boolean" } } });
  const once = values.once ?? !process.stdout.isTTY;
  console.log("Getting ready; the first time this takes some minutes.");
  await bootstrap(["npm", "vscode", "host", ...(once ? ["browser"] : [])]);
  await build();
  const vsix = inRoot(await pack());
  const { runDemo } = await importTypescript("scripts/demo/run.ts");
  process.exitCode = await runDemo({
    once,
    stage: {
      vscode: { node: vscodeNode, server: vscodeServer },
      vsix,
      shopSources: inRoot("test/workloads/shop"),
    },
    chromium: which("chromium"),
    out: `${out}/demo`,
    report: (rows) => console.log(hottest(rows)),
  });
});

/** The first rows of the Hot Lines view as a table. */
function hottest(rows) {
  const cells = rows.slice(0, 10).map((row) => [row.place, row.functionName, row.self, row.total]);
  return `\n${table(["hottest line", "function", "self", "total"], cells)}\n`;
}
