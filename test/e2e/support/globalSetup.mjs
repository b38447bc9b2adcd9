/** Says where the packaged extension, VS Code and the browser are; `npm test` made them before. */
import { existsSync } from "node:fs";
import { inRoot } from "../../../scripts/lib/paths.mjs";
import { which } from "../../../scripts/lib/run.mjs";
import { vscodeNode, vscodeServer } from "../../../scripts/lib/vscodeInstall.mjs";
import { vsixFile } from "../../../scripts/package.mjs";

export default function setup(project) {
  const vsix = inRoot(vsixFile());
  if (!existsSync(vsix)) throw new Error(`${vsix} is missing: npm run package`);
  project.provide("e2e", {
    vscode: { node: vscodeNode, server: vscodeServer },
    vsix,
    shopSources: inRoot("test/workloads/shop"),
    chromium: which("chromium"),
    out: inRoot("out/e2e"),
  });
}
