/**
 * Where the packaged extension, VS Code and the browser are, which `npm test` made
 * before, and whether this machine can sample at all.
 */
import { existsSync } from "node:fs";
import { helperFile } from "../../../scripts/lib/buildHelper.mjs";
import { inRoot } from "../../../scripts/lib/paths.mjs";
import { which } from "../../../scripts/lib/run.mjs";
import { vscodeNode, vscodeServer } from "../../../scripts/lib/vscodeInstall.mjs";
import { vsixFile } from "../../../scripts/package.mjs";
import { whyImpossible } from "../../sampler/support/globalSetup.mjs";
import { whyNoRoot } from "../../support/privilege.ts";

export default async function setup(project) {
  const vsix = inRoot(vsixFile());
  if (!existsSync(vsix)) throw new Error(`${vsix} is missing: npm run package`);
  project.provide("e2e", {
    vscode: { node: vscodeNode, server: vscodeServer },
    vsix,
    shopSources: inRoot("test/workloads/shop"),
    chromium: which("chromium"),
    out: inRoot("out/e2e"),
    whyNoRoot: whyNoRoot(),
    whyNoSampling: whyNoRoot() ?? ((await whyImpossible(privilegedHelper())) || undefined),
  });
}

/** The helper as whoever logs in runs it on the host. */
function privilegedHelper() {
  const helper = inRoot(helperFile(`linux-${process.arch}`));
  return process.getuid() === 0 ? [helper] : ["sudo", "-n", helper];
}
