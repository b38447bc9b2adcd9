/** The flame graph's panel, driven with the mouse. */
import type { FrameLocator, Page } from "playwright-core";
import { ROW_HEIGHT } from "../../../extension/webview/scene";

const PATIENCE_MS = 45_000;
/** Longer than the pointer rests before the tooltip explains a frame, in ms. */
const REST_MS = 160;

/** The page inside the panel: VS Code puts two frames around a webview's document. */
export function flamePage(page: Page): FrameLocator {
  return page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
}

/** Waits until the graph shows samples. */
export async function waitForFlame(page: Page): Promise<void> {
  await flamePage(page)
    .locator("#flame-summary")
    .filter({ hasText: /[1-9].* samples/ })
    .waitFor({ timeout: PATIENCE_MS });
}

/** A point of the window where a frame is drawn. */
export interface FramePoint {
  readonly x: number;
  readonly y: number;
  /** What the tooltip says there. */
  readonly tooltip: string;
}

/**
 * Looks for a frame of a function by moving the mouse over the canvas until the
 * tooltip names it, as a person would: rows from the root on, in each row at
 * points that are spread ever more densely. Throws when it is nowhere.
 */
export async function findFrame(page: Page, functionName: string): Promise<FramePoint> {
  const flame = flamePage(page);
  const box = await flame.locator("canvas").boundingBox();
  if (box === null) throw new Error("The flame graph has no canvas on the screen.");
  const tooltip = flame.locator("#flame-tooltip");
  const title = tooltip.locator(".tooltip-title");
  const seen = new Set<string>();
  for (const part of [0.25, 0.5, 0.75, 0.1, 0.9, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.05, 0.95]) {
    for (let dy = ROW_HEIGHT / 2; dy < box.height; dy += ROW_HEIGHT) {
      const point = { x: box.x + box.width * part, y: box.y + dy };
      await page.mouse.move(point.x, point.y);
      await page.waitForTimeout(REST_MS);
      if (!(await tooltip.isVisible())) break;
      const name = (await title.innerText()).trim();
      seen.add(name);
      if (name === functionName) return { ...point, tooltip: await tooltip.innerText() };
    }
  }
  throw new Error(`No frame of ${functionName}; there are ${[...seen].join(", ")}.`);
}

/** Clicks a frame of a function. */
export async function clickFrame(page: Page, functionName: string): Promise<FramePoint> {
  const point = await findFrame(page, functionName);
  await page.mouse.click(point.x, point.y);
  return point;
}
