/** Builds the helper for this machine, where every user can run it. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inRoot } from "../../../scripts/lib/paths.mjs";
import { run } from "../../../scripts/lib/run.mjs";

export default async function setup(project) {
  const folder = mkdtempSync(path.join(tmpdir(), "emberline-contract-"));
  chmodSync(folder, 0o755);
  const file = path.join(folder, "emberline-helper");
  const env = { ...process.env, CGO_ENABLED: "0" };
  await run("go", ["build", "-ldflags", "-X main.version=9.9.9", "-o", file, "."], {
    cwd: inRoot("helper"),
    env,
  });
  project.provide("helperFile", file);
  return () => rmSync(folder, { recursive: true, force: true });
}
