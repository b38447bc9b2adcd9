/** Bundles the flame graph once for all files of the project and says where the browser is. */
import { readFileSync } from "node:fs";
import { bundleWebview } from "../../../scripts/lib/bundle.mjs";
import { inRoot } from "../../../scripts/lib/paths.mjs";
import { which } from "../../../scripts/lib/run.mjs";

export default async function setup(project) {
  const { files } = await bundleWebview();
  const [script] = files.filter((file) => file.endsWith(".js"));
  project.provide("flame", {
    script: readFileSync(inRoot(script), "utf8"),
    style: readFileSync(inRoot("media/flame.css"), "utf8"),
    chromium: which("chromium"),
  });
}
