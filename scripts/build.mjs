/**
 * `npm run build`: dist/extension.js, dist/webview/flame.js and the helper for both architectures.
 * The same sources give the same bytes on every machine.
 */
import { rmSync } from "node:fs";
import { bootstrap } from "./bootstrap.mjs";
import { bundleExtension, bundleWebview } from "./lib/bundle.mjs";
import { buildHelpers } from "./lib/buildHelper.mjs";
import { main } from "./lib/main.mjs";
import { writeNotices } from "./lib/notices.mjs";
import { dist } from "./lib/paths.mjs";

/** Builds everything that the package holds. Returns the files, relative to the repository. */
export async function build() {
  rmSync(dist, { recursive: true, force: true });
  const [extension, webview, helpers] = await Promise.all([
    bundleExtension(),
    bundleWebview(),
    buildHelpers(),
  ]);
  await writeNotices([extension.metafile, webview.metafile]);
  return [...extension.files, ...webview.files, ...helpers];
}

await main(import.meta.url, async () => {
  await bootstrap(["npm"]);
  for (const file of await build()) console.log(file);
});
