import path from "node:path";
import { readFileSync } from "node:fs";
import { cache, inRoot } from "./paths.mjs";
import { run } from "./run.mjs";
import { digest, once } from "./stamp.mjs";

/**
 * The path of staticcheck, built from the version pinned in scripts/go-tools/go.mod.
 * It has its own module so that its dependencies never reach the helper's.
 */
export async function staticcheck() {
  const folder = inRoot("scripts/go-tools");
  const file = path.join(cache, "go-tools/staticcheck");
  const wanted = digest(readFileSync(path.join(folder, "go.sum")), (await goVersion()).trim());
  await once(path.join(cache, "go-tools/stamp"), wanted, () =>
    run("go", ["build", "-o", file, "honnef.co/go/tools/cmd/staticcheck"], { cwd: folder }),
  );
  return file;
}

/** A linter must be built by the Go that it reads the packages of. */
const goVersion = async () => (await run("go", ["version"])).stdout;
