/**
 * `npm run generate`: runs every generator of the repository in place.
 * They are the go:generate lines below helper/ (BPF objects, counters, protocol twin).
 */
import { bootstrap } from "./bootstrap.mjs";
import { main } from "./lib/main.mjs";
import { inRoot, root } from "./lib/paths.mjs";
import { run } from "./lib/run.mjs";

/** Runs the generators of the repository at `at`; the staleness test gives it a copy. */
export async function generate(at = root) {
  await run("go", ["generate", "./..."], { cwd: at === root ? inRoot("helper") : `${at}/helper` });
}

await main(import.meta.url, async () => {
  await bootstrap(["npm", "tools"]);
  await generate();
});
