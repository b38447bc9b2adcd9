/** VS Code's server for browsers, with one extension and nothing of the user's own. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { startChild, within, type Child } from "../childProcess";
import { freePort } from "../sshd";
import { settings } from "./settings";

/** What scripts/lib/vscodeInstall.mjs installed. */
export interface VscodeInstall {
  readonly node: string;
  readonly server: string;
}

export interface VscodeOptions {
  /** Its own directory; made here. A short path: sockets in it may have 108 bytes. */
  readonly dir: string;
  /** HOME of the extensions, so also of the ssh configuration they read. */
  readonly home: string;
  /** Folder to open. */
  readonly folder: string;
  readonly vsix: string;
  readonly logFile: string;
}

export interface Vscode extends Child {
  /** Address to open; the token in it is what lets a browser in. */
  readonly url: string;
}

/** A cold start takes 1 to 2 s, on a loaded machine up to 8. */
const START_MS = 60_000;

/** Installs the extension and starts the server. */
export async function startVscode(install: VscodeInstall, options: VscodeOptions): Promise<Vscode> {
  const data = path.join(options.dir, "data");
  const temporary = path.join(options.dir, "tmp");
  mkdirSync(path.join(data, "data/User"), { recursive: true });
  mkdirSync(temporary);
  writeFileSync(path.join(data, "data/User/settings.json"), JSON.stringify(settings, undefined, 2));
  const env = { ...cleanEnvironment(), HOME: options.home, TMPDIR: temporary };
  const common = [install.server, "--server-data-dir", data, "--accept-server-license-terms"];
  await promisify(execFile)(
    install.node,
    [...common, "--install-extension", options.vsix, "--force"],
    { env },
  );
  const port = await freePort();
  // Whoever opens the page may do what its user may, so other users of the machine must not.
  const token = randomBytes(16).toString("hex");
  const tokenFile = path.join(options.dir, "token");
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const child = await startChild(
    install.node,
    [
      ...common,
      "--host=127.0.0.1",
      `--port=${port}`,
      `--connection-token-file=${tokenFile}`,
      "--telemetry-level=off",
    ],
    options.logFile,
    { env },
  );
  const isUp = () => child.log().includes("Extension host agent started");
  await within(START_MS, () => isUp() || child.hasEnded());
  if (!isUp()) {
    await child.stop();
    throw new Error(`VS Code did not start:\n${child.log()}`);
  }
  const query = `tkn=${token}&folder=${encodeURIComponent(options.folder)}`;
  return { ...child, url: `http://127.0.0.1:${port}/?${query}` };
}

/** Without what would make it find another VS Code, the user's agent or the user's folders. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VSCODE_|XDG_|SSH_|npm_|NODE_|ELECTRON_)/.test(name),
  );
  return { ...Object.fromEntries(inherited), EXTENSIONS_GALLERY: "{}" };
}
