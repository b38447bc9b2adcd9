/**
 * Makes a fresh clone ready: npm packages, Debian packages, VS Code for the browser.
 * Idempotent; every other script calls it first. Needs only Node, npm and Go.
 */
import { pathToFileURL } from "node:url";
import { installDebianPackages } from "./lib/debian.mjs";
import { installNpmPackages } from "./lib/npmPackages.mjs";
import { which } from "./lib/run.mjs";
import { installVscode } from "./lib/vscodeInstall.mjs";

/**
 * `parts` picks what the caller needs of "npm", "debian", "vscode"; all by default.
 * Throws an Error that says what is missing and the command that helps.
 */
export async function bootstrap(parts = ["npm", "debian", "vscode"], say = console.log) {
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 20) throw new Error(`Node 20 or newer is needed, this is ${process.version}.`);
  if (which("go") === undefined) throw new Error("Go is missing: put `go` on the PATH.");
  if (parts.includes("npm") && (await installNpmPackages())) say("installed npm packages");
  if (parts.includes("debian")) {
    const installed = await installDebianPackages();
    if (installed.length > 0) say(`installed Debian packages: ${installed.join(" ")}`);
  }
  if (parts.includes("vscode") && (await installVscode())) say("installed VS Code for the browser");
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await bootstrap();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
