import * as path from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { startShop } from "../../support/stage/shop";
import { waitForNotification } from "../../support/vscode/dialog";
import { readHotLines } from "../../support/vscode/hotLines";
import {
  chooseHost,
  chooseProcess,
  countedSamples,
  stopProfiling,
  waitForSamples,
} from "../../support/vscode/profiling";
import { runCommand } from "../../support/vscode/quickInput";
import { closeEditors } from "../../support/vscode/layout";
import { descendantsOf } from "../../support/sshd";
import { helpersGone, remoteHelpers } from "../support/helpers";
import { ensureShopSession, hotLine, profileShop, showHotLine } from "../support/shopSession";
import { world } from "../support/world";

export function sessionsThatEnd(): void {
  test("Stop keeps the results", async () => {
    const { page } = world();
    await ensureShopSession();
    await waitForSamples(page, 50);
    await stopProfiling(page);
    await showHotLine();
    await hotLine();
    expect(await readHotLines(page)).not.toEqual([]);
  });

  test("the session's details count what was sampled and what was lost", async () => {
    const { page } = world();
    await runCommand(page, "Emberline: Show Session Details");
    const details = page.frameLocator("iframe.webview.ready").last().frameLocator("#active-frame");
    await details.getByRole("heading", { name: "Session details" }).waitFor();
    const text = await details.locator("body").innerText();
    expect(text).toMatch(/Delivered\s+[\d,]+\s+>?\d+(\.\d+)?% of expected/);
    expect(text).toMatch(/Lost\s+0\s/);
    await closeEditors(page);
  });

  test("Clear Results takes the heat away and leaves no helper on the host", async () => {
    const { page } = world();
    expect(remoteHelpers()).not.toEqual([]);
    await runCommand(page, "Emberline: Clear Results");
    await expect.poll(() => readHotLines(page)).toEqual([]);
    expect(await helpersGone()).toBe(true);
  });

  test("a program that ends is told, and its samples stay", async () => {
    const { page, stage } = world();
    const second = await startShop(
      inject("e2e").shopSources,
      stage.account,
      path.join(stage.account.home, "second"),
      path.join(stage.dir, "second-shop.log"),
    );
    onTestFinished(() => second.stop());
    await showHotLine();
    await chooseHost(page, stage.alias);
    await chooseProcess(page, stage.alias, second.pid);
    await waitForSamples(page, 100);
    await second.stop();
    expect(await waitForNotification(page, "The profiled program has ended.")).toMatch(/are kept/);
    await hotLine();
  });

  test("a link that is lost keeps the samples and says so", async () => {
    const { page, stage } = world();
    await profileShop();
    await waitForSamples(page, 100);
    for (const pid of descendantsOf(stage.sshd.pid)) tryKill(pid);
    const text = await waitForNotification(page, stage.alias);
    expect(text).toMatch(/connection .*(lost|ended)/i);
    await expect.poll(() => countedSamples(page)).toBeUndefined();
    await hotLine();
  });
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended with its parent.
  }
}
