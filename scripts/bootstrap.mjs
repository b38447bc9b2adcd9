/**
 * Makes a fresh clone ready: npm packages, Debian packages, VS Code for the browser.
 * Idempotent; every other script calls it first. Needs only Node, npm and Go.
 */
import { installDebianPackages } from "./lib/debian.mjs";
import { main } from "./lib/main.mjs";
import { installNpmPackages } from "./lib/npmPackages.mjs";
import { which } from "./lib/run.mjs";
import { debianPackages } from "./lib/versions.mjs";
import { installVscode } from "./lib/vscodeInstall.mjs";

const known = ["npm", ...Object.keys(debianPackages)];
/** What every lane of `npm test` together needs; a long lane asks for its own. */
const everything = known.filter((part) => part !== "emulator" && part !== "fuzz");

/**
 * `parts` picks what the caller needs of "npm", "vscode", "host", "browser",
 * "tools", "emulator" and "fuzz"; all but the last two by default. Throws an Error that says
 * what is missing and the command that helps.
 */
export async function bootstrap(parts = everything, say = console.log) {
  const unknown = parts.filter((part) => !known.includes(part));
  if (unknown.length > 0) throw new TypeError(`bootstrap has no part ${unknown.join(", ")}`);
  const [major] = process.versions.node.split(".").map(Number);
  if (major < 20) throw new Error(`Node 20 or newer is needed, this is ${process.version}.`);
  if (which("go") === undefined) throw new Error("Go is missing: put `go` on the PATH.");
  if (parts.includes("npm") && (await installNpmPackages())) say("installed npm packages");
  const installed = await installDebianPackages(parts.filter((part) => part in debianPackages));
  if (installed.length > 0) say(`installed Debian packages: ${installed.join(" ")}`);
  if (parts.includes("vscode") && (await installVscode())) say("installed VS Code for the browser");
}

await main(import.meta.url, () => bootstrap());
