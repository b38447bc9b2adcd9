import { version } from "./bundle.mjs";
import { inRoot } from "./paths.mjs";
import { run } from "./run.mjs";

/** Folder below dist/helper → Go's name of the architecture. */
export const helperTargets = { "linux-x64": "amd64", "linux-arm64": "arm64" };

export const helperFile = (target) => `dist/helper/${target}/emberline-helper`;

/**
 * The helper as one static file for each architecture. No path, no commit and no
 * time is in it, so equal sources give an equal hash, and a deployed helper is
 * replaced only when it really changed.
 */
export async function buildHelpers() {
  const files = [];
  for (const [target, arch] of Object.entries(helperTargets)) {
    const file = helperFile(target);
    await run(
      "go",
      [
        "build",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        `-s -w -buildid= -X main.version=${version()}`,
        "-o",
        inRoot(file),
        ".",
      ],
      {
        cwd: inRoot("helper"),
        env: { ...process.env, CGO_ENABLED: "0", GOOS: "linux", GOARCH: arch },
      },
    );
    files.push(file);
  }
  return files;
}
