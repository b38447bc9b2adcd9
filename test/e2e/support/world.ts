/** What the end-to-end tests share: one stage, one browser, one page. */
import { mkdirSync } from "node:fs";
import * as path from "node:path";
import type { Browser, Page } from "playwright-core";
import { inject } from "vitest";
import { Cleanup } from "../../support/cleanup";
import { openStage, type Stage, type StageOptions } from "../../support/stage/stage";
import { openBrowser, openWorkbench } from "../../support/vscode/browser";

declare module "vitest" {
  interface ProvidedContext {
    e2e: Pick<StageOptions, "vscode" | "vsix" | "shopSources"> & {
      readonly chromium: string;
      /** Folder for screenshots of failures. */
      readonly out: string;
      /** Reasons to skip what needs a privileged helper, or the sampler in the kernel. */
      readonly whyNoRoot: string | undefined;
      readonly whyNoSampling: string | undefined;
    };
  }
}

export interface World {
  readonly stage: Stage;
  readonly page: Page;
}

const opened: Partial<{ stage: Stage; page: Page; browser: Browser }> = {};
const cleanup = new Cleanup();

/** The shared stage and page; throws before openWorld() has resolved. */
export function world(): World {
  const { stage, page } = opened;
  if (stage === undefined || page === undefined) throw new Error("The stage is not open.");
  return { stage, page };
}

/** Workspace files that are not what runs on the host. */
export const missingHere = "shop/orders.py";
export const differentHere = "shop/receipts.py";

export async function openWorld(): Promise<void> {
  const { chromium, ...options } = inject("e2e");
  const stage = await openStage(options);
  cleanup.defer(() => stage.close());
  stage.developer.removeFile(missingHere);
  stage.developer.editFile(differentHere, (text) => `# A draft.\n\n${text}`);
  const browser = await openBrowser(chromium, stage.dir);
  cleanup.defer(() => browser.close());
  const window = { width: 1280, height: 800, scale: 1 };
  opened.page = await openWorkbench(browser, stage.vscode.url, window);
  opened.stage = stage;
}

export const closeWorld = (): Promise<void> => cleanup.run();

/** Keeps what was on the screen when a test failed; returns the file. */
export async function keepScreen(testName: string): Promise<string> {
  const { out } = inject("e2e");
  mkdirSync(out, { recursive: true });
  const file = path.join(out, `${testName.replaceAll(/[^\w]+/g, "-")}.png`);
  await opened.page?.screenshot({ path: file });
  return file;
}
