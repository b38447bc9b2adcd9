import { expect, test } from "vitest";
import {
  editorOf,
  focusFile,
  goToLine,
  readHover,
  readUnderlines,
  waitForCursor,
  waitForHeat,
} from "../../support/vscode/editor";
import { openHotLine, readHotLines } from "../../support/vscode/hotLines";
import { countedSamples, waitForSamples } from "../../support/vscode/profiling";
import { runCommand } from "../../support/vscode/quickInput";
import {
  ensureShopSession,
  hotFile,
  hotLine,
  hotLineNumber,
  hotSource,
  profileShop,
  showHotLine,
} from "../support/shopSession";
import { world } from "../support/world";

export function heatInTheEditor(): void {
  // A retry is another session: what is measured is the product, not who else wants the CPU.
  test("is there within two seconds of choosing the process", { retry: 2 }, async () => {
    const firstHeatMs = await profileShop();
    console.log(`first heat ${Math.round(firstHeatMs)} ms after the process was chosen`);
    expect(firstHeatMs).toBeLessThan(2_000);
  });

  test("marks the hottest line with a tint and its figures", async () => {
    const { page } = world();
    await ensureShopSession();
    await waitForSamples(page, 300);
    await showHotLine();
    const mark = await hotLine();
    expect(mark.line).toBe(hotLineNumber());
    expect(mark.tint).toMatch(/^rgba\(/);
    expect(mark.figures).toMatch(/^\d+% self$/);
    expect(Number.parseInt(mark.figures, 10)).toBeGreaterThan(20);
  });

  test("moves at least twice a second", { retry: 2 }, async () => {
    const { page } = world();
    await ensureShopSession();
    const seen = new Set<number>();
    const untilMs = performance.now() + 4_000;
    while (performance.now() < untilMs) {
      seen.add((await countedSamples(page)) ?? 0);
      await page.waitForTimeout(50);
    }
    expect(seen.size).toBeGreaterThanOrEqual(8);
  });

  test("the Hot Lines view names the same line first, and a click goes there", async () => {
    const { page } = world();
    await ensureShopSession();
    const [first] = await readHotLines(page);
    expect(first).toMatchObject({
      place: `${hotFile}:${hotLineNumber()}`,
      functionName: "price_item",
    });
    await goToLine(page, 1);
    await openHotLine(page, first?.place ?? "");
    await waitForCursor(page, { file: hotFile, line: hotLineNumber() });
  });

  test("the hover gives the numbers behind a line", async () => {
    const { page } = world();
    await ensureShopSession();
    const text = await readHover(editorOf(page, hotFile), hotSource);
    expect(text).toMatch(/Self \d+\.\d%/);
    expect(text).toMatch(/Total \d+\.\d%/);
    expect(text).toMatch(/Reached from\s+\d+\.\d% price_order/);
  });

  test("underlines the part of the line that burns, until it is edited", async () => {
    const { page } = world();
    await ensureShopSession();
    await showHotLine();
    const onHotLine = async () =>
      (await readUnderlines(editorOf(page, hotFile))).filter(
        ({ line }) => line === hotLineNumber(),
      );
    // `product.sku in recalled`, or a part of it, but neither the `if` nor the colon.
    await expect
      .poll(async () => (await onHotLine()).map(({ form }) => form))
      .toEqual(["2px solid"]);
    const [underline] = await onHotLine();
    const text = editorOf(page, hotFile).locator(".view-line", { hasText: hotSource.trim() });
    const characterWidth = await text
      // A token, because the line's own box holds the figures too.
      .locator("> span > span")
      .first()
      .evaluate((span) => span.getBoundingClientRect().width / (span.textContent ?? " ").length);
    const columns = [underline?.left ?? 0, (underline?.left ?? 0) + (underline?.width ?? 0)].map(
      (x) => Math.round(x / characterWidth),
    );
    expect(hotSource.slice(...columns)).toMatch(/^(product\.sku )?in recalled$/);
    await page.keyboard.press("End");
    await page.keyboard.type("  # so?");
    await expect.poll(onHotLine).toEqual([]);
    for (let step = 0; step < 4; step++) await page.keyboard.press("Control+Z");
    await expect.poll(async () => (await onHotLine()).length).toBeGreaterThan(0);
  });

  test("stays on its line while text is typed above it", async () => {
    const { page } = world();
    await ensureShopSession();
    await focusFile(page, hotFile);
    await goToLine(page, hotLineNumber() - 1);
    await page.keyboard.press("Home");
    await page.keyboard.type("# one\n# two\n# three\n");
    const moved = await hotLine();
    expect(moved.line).toBe(hotLineNumber() + 3);
    expect(moved.figures).not.toContain("~");
    for (let step = 0; step < 8; step++) await page.keyboard.press("Control+Z");
    await expect.poll(async () => (await hotLine()).line).toBe(hotLineNumber());
  });

  test("marks a line as approximate while its own text is changed", async () => {
    const { page } = world();
    await ensureShopSession();
    await showHotLine();
    await page.keyboard.press("End");
    await page.keyboard.type("  # a set?");
    const edited = await waitForHeat(editorOf(page, hotFile), (marks) =>
      marks.some((mark) => mark.source.endsWith("# a set?") && mark.figures.startsWith("~ ")),
    );
    expect(edited.find((mark) => mark.figures.startsWith("~ "))?.line).toBe(hotLineNumber());
    for (let step = 0; step < 4; step++) await page.keyboard.press("Control+Z");
    await expect.poll(async () => (await hotLine()).figures).toMatch(/^\d+% self$/);
  });

  test("can be switched off and on", async () => {
    const { page } = world();
    await ensureShopSession();
    await showHotLine();
    await runCommand(page, "Emberline: Toggle Heat");
    await waitForHeat(editorOf(page, hotFile), (marks) => marks.length === 0);
    await runCommand(page, "Emberline: Toggle Heat");
    await hotLine();
  });
}
