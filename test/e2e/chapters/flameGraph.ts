import { afterAll, beforeAll, expect, test } from "vitest";
import { focusFile, goToLine, waitForCursor } from "../../support/vscode/editor";
import { clickFrame, flamePage, waitForFlame } from "../../support/vscode/flameGraph";
import { readHotLines } from "../../support/vscode/hotLines";
import { closeEditors } from "../../support/vscode/layout";
import { runCommand } from "../../support/vscode/quickInput";
import { ensureShopSession, hotFile, hotFunction } from "../support/shopSession";
import { world } from "../support/world";

export function flameGraph(): void {
  beforeAll(async () => {
    await ensureShopSession();
    await runCommand(world().page, "Emberline: Show Flame Graph");
    await waitForFlame(world().page);
  });
  afterAll(() => closeEditors(world().page));

  test("a click on a frame opens its file at its hottest line", async () => {
    const { page } = world();
    await focusFile(page, hotFile);
    await goToLine(page, 1);
    const { tooltip } = await clickFrame(page, hotFunction);
    const promised = /Click opens (\S+):(\d+)/.exec(tooltip);
    expect(promised?.[1]).toBe(hotFile);
    await waitForCursor(page, { file: hotFile, line: Number(promised?.[2]) });
  });

  test("the search finds a frame, and Enter on the graph opens it", async () => {
    const { page } = world();
    await focusFile(page, hotFile);
    await goToLine(page, 1);
    const flame = flamePage(page);
    await flame.locator("#flame-search").fill("check_digit");
    await flame.locator("#flame-search").press("Enter");
    await expect.poll(() => flame.locator("#flame-search-count").innerText()).toMatch(/^1 of \d+/);
    await flame.locator("canvas").press("Enter");
    const { file, line } = await waitForCursor(page, { file: hotFile, line: 28 });
    expect([file, line]).toEqual([hotFile, 28]);
    await flame.locator("#flame-search").fill("");
  });

  test("a zoom narrows the Hot Lines view, and the reset widens it", async () => {
    const { page } = world();
    const flame = flamePage(page);
    await flame.locator("#flame-search").fill("bar_code");
    await flame.locator("#flame-search").press("Enter");
    await flame.locator("canvas").press("z");
    await expect
      .poll(async () => new Set((await readHotLines(page)).map((row) => row.functionName)))
      .toEqual(new Set(["bar_code"]));
    await flame.getByRole("button", { name: "Reset zoom" }).click();
    await expect
      .poll(async () => (await readHotLines(page)).map((row) => row.functionName))
      .toContain(hotFunction);
    await flame.locator("#flame-search").fill("");
  });

  test("grows while the program is sampled", async () => {
    const { page } = world();
    const summary = flamePage(page).locator("#flame-summary");
    const samples = async () =>
      Number((/^([\d,]+) samples/.exec(await summary.innerText())?.[1] ?? "0").replaceAll(",", ""));
    const before = await samples();
    await expect.poll(samples).toBeGreaterThan(before);
  });
}
