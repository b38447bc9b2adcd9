/**
 * All that the demo and the end-to-end tests play on: a host with a program on
 * it, reached by real SSH, and a developer's VS Code with the packaged extension.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { within } from "../childProcess";
import { Cleanup } from "../cleanup";
import { descendantsOf, startSshd, type TestSshd } from "../sshd";
import { startVscode, type Vscode, type VscodeInstall } from "../vscode/server";
import { openAccount, type Account } from "./account";
import { Developer } from "./developer";
import { startShop, type Shop } from "./shop";

export interface StageOptions {
  readonly vscode: VscodeInstall;
  /** The packaged extension. */
  readonly vsix: string;
  /** The folder test/workloads/shop. */
  readonly shopSources: string;
}

export interface Stage {
  /** The host's name in the developer's ssh configuration. */
  readonly alias: string;
  readonly account: Account;
  readonly sshd: TestSshd;
  readonly shop: Shop;
  readonly developer: Developer;
  readonly vscode: Vscode;
  /** A directory that goes with the stage. */
  readonly dir: string;
  /** Ends every process and removes every file and user that opening made. */
  close(): Promise<void>;
}

/** Sets everything up; what was set up already is undone when a step fails. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const cleanup = new Cleanup();
  try {
    return await setUp(options, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function setUp(options: StageOptions, cleanup: Cleanup): Promise<Stage> {
  const dir = mkdtempSync(path.join(tmpdir(), "emberline-"));
  cleanup.defer(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const account = openAccount(dir);
  cleanup.defer(() => account.remove());
  const logs = path.join(dir, "logs");
  mkdirSync(logs);

  const developer = new Developer(dir, options.shopSources);
  const alias = "shop-1";
  const sshd = await startSshd({ config: account.sshdConfig });
  cleanup.defer(async () => {
    // VS Code is gone by now; a helper that sees it clears its directory away.
    await within(3_000, () => descendantsOf(sshd.pid).length === 0);
    await sshd.stop();
  });
  sshd.authorize(account.name, developer.key);
  developer.addHost({ alias, port: sshd.port, user: account.name });

  const shop = await startShop(
    options.shopSources,
    account,
    account.home,
    path.join(logs, "shop.log"),
  );
  cleanup.defer(() => shop.stop());
  const vscode = await startVscode(options.vscode, {
    dir: path.join(dir, "vscode"),
    home: developer.home,
    folder: developer.workspace,
    vsix: options.vsix,
    logFile: path.join(logs, "vscode.log"),
  });
  cleanup.defer(() => vscode.stop());
  return { alias, account, sshd, shop, developer, vscode, dir, close: () => cleanup.run() };
}
