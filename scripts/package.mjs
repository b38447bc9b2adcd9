/** `npm run package`: dist/emberline-VERSION.vsix, with both helpers inside. */
import { bootstrap } from "./bootstrap.mjs";
import { build } from "./build.mjs";
import { version } from "./lib/bundle.mjs";
import { main } from "./lib/main.mjs";
import { inRoot } from "./lib/paths.mjs";
import { run } from "./lib/run.mjs";

/** The package's file, relative to the repository. */
export const vsixFile = () => `dist/emberline-${version()}.vsix`;

/** Packs what build() left in dist/. The bundles hold every dependency, hence --no-dependencies. */
export async function pack() {
  const file = vsixFile();
  await run(inRoot("node_modules/.bin/vsce"), [
    "package",
    "--no-dependencies",
    "--allow-missing-repository",
    // The README is read in the repository too, and the project has no address to rewrite to.
    "--no-rewrite-relative-links",
    "--out",
    file,
  ]);
  return file;
}

await main(import.meta.url, async () => {
  await bootstrap(["npm"]);
  await build();
  console.log(await pack());
});
