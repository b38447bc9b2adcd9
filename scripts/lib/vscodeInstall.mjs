import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { cache } from "./paths.mjs";
import { run } from "./run.mjs";
import { digest, once } from "./stamp.mjs";
import { vscode } from "./versions.mjs";

const home = path.join(cache, "vscode");
const modules = path.join(home, "node_modules");
const server = path.join(modules, "code-server/lib/vscode");
const machine = `linux-${process.arch}`;
const node = path.join(modules, `node-${machine}`);

/** Node 24, and the script that is VS Code's server for browsers, to be run by it. */
export const vscodeNode = path.join(node, "bin/node");
export const vscodeServer = path.join(server, "out/server-main.js");

/** Parts that neither tests nor the demo use: 340 of 617 MB. */
const unused = [
  "node_modules/@github",
  "node_modules/@microsoft/mxc-sdk",
  "node_modules/@devcontainers",
  "extensions/copilot",
];

/** Without these two native modules VS Code runs, but its Output panel, our log with it, stays empty. */
const compiled = ["@vscode/spdlog", "@vscode/native-watchdog"];

const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];

/**
 * Puts VS Code (code-server) and its Node into .cache/vscode, from npm alone.
 * code-server's own install script would compile for four minutes and needs
 * kerberos headers; what it does besides is done here: nested installs and links.
 * Returns true when it installed.
 */
export function installVscode() {
  return once(path.join(home, "stamp"), digest(JSON.stringify(vscode), "2"), async () => {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    writeFileSync(path.join(home, "package.json"), '{"private":true}\n');
    const packages = [`code-server@${vscode.codeServer}`, `node-${machine}@${vscode.node}`];
    await run("npm", ["install", "--no-save", ...quiet, ...packages], { cwd: home });
    const env = {
      ...process.env,
      PATH: `${path.dirname(vscodeNode)}:${process.env.PATH}`,
      // Headers of this Node ship beside it; node-gyp would download them.
      npm_config_nodedir: node,
      JOBS: "max",
    };
    await Promise.all([
      // `npm ci` refuses here: the shipped shrinkwrap misses tslib.
      run("npm", ["install", "--omit=dev", ...quiet], { cwd: server, env }).then(() =>
        run("npm", ["rebuild", ...compiled], { cwd: server, env }),
      ),
      run("npm", ["ci", "--omit=dev", ...quiet], { cwd: path.join(server, "extensions"), env }),
    ]);
    link("code-linux.sh", path.join(server, "bin/remote-cli/code-server"));
    link("browser-linux.sh", path.join(server, "bin/helpers/browser.sh"));
    prune();
    await run(vscodeNode, [vscodeServer, "--version"], { env: { ...process.env, HOME: home } });
  });
}

function link(target, file) {
  rmSync(file, { force: true });
  symlinkSync(target, file);
}

function prune() {
  for (const name of unused) rmSync(path.join(server, name), { recursive: true, force: true });
  keepOnly("node_modules/@vscode/ripgrep-universal/bin", new RegExp(`^${machine}$`));
  keepOnly("node_modules/node-pty/prebuilds", /^linux/);
  for (const name of compiled) {
    const objects = path.join(server, "node_modules", name, "build/Release/obj.target");
    rmSync(objects, { recursive: true, force: true });
  }
}

function keepOnly(folder, wanted) {
  const whole = path.join(server, folder);
  if (!existsSync(whole)) return;
  for (const name of readdirSync(whole)) {
    if (!wanted.test(name)) rmSync(path.join(whole, name), { recursive: true, force: true });
  }
}
