import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { bundledPackages } from "./bundle.mjs";
import { inRoot } from "./paths.mjs";
import { run } from "./run.mjs";

/**
 * dist/NOTICES.txt: the licences of what the bundles and the helper contain.
 * Read from what was really bundled, so a new dependency cannot be forgotten.
 * Throws when one carries no licence file.
 */
export async function writeNotices(metafiles) {
  const npm = bundledPackages(metafiles).map((name) => {
    const folder = inRoot("node_modules", name);
    const { version } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
    return notice(`${name} ${version}`, folder);
  });
  const go = (await goModules()).map(({ title, folder }) => notice(title, folder));
  mkdirSync(inRoot("dist"), { recursive: true });
  writeFileSync(
    inRoot("dist/NOTICES.txt"),
    `Emberline contains the following software.\n\n${[...npm, ...go].join("\n")}`,
  );
}

/** Modules that the helper links, and Go's own library. */
async function goModules() {
  const list = [
    "list",
    "-deps",
    "-f",
    "{{with .Module}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}",
    ".",
  ];
  const { stdout } = await run("go", list, {
    cwd: inRoot("helper"),
    env: { ...process.env, GOOS: "linux" },
  });
  const goRoot = (await run("go", ["env", "GOROOT"])).stdout.trim();
  const goVersion = (await run("go", ["env", "GOVERSION"])).stdout.trim();
  const lines = [...new Set(stdout.trim().split("\n"))].map((line) => line.split("\t"));
  return [
    { title: `Go standard library ${goVersion}`, folder: goRoot },
    ...lines
      .filter(([title]) => !title.startsWith("emberline/"))
      .map(([title, folder]) => ({ title, folder })),
  ];
}

function notice(title, folder) {
  const files = existsSync(folder)
    ? readdirSync(folder).filter((name) => /^(licen[sc]e|copying|notice)/i.test(name))
    : [];
  if (files.length === 0) throw new Error(`${title} carries no licence file (${folder})`);
  const texts = files
    .toSorted()
    .map((file) => readFileSync(path.join(folder, file), "utf8").trim());
  return `${"=".repeat(80)}\n${title}\n${"=".repeat(80)}\n${texts.join("\n\n")}\n`;
}
