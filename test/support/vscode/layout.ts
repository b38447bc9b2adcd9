/** Where things are on the screen. */
import type { Page } from "playwright-core";
import { runCommand } from "./quickInput";

const sideBar = (page: Page) => page.locator(".part.sidebar");

/** Drags the side bar's edge until it has the width, in CSS pixels. */
export async function setSideBarWidth(page: Page, width: number): Promise<void> {
  const box = await sideBar(page).boundingBox();
  if (box === null) throw new Error("The side bar is closed.");
  const edge = box.x + box.width;
  const y = box.y + box.height / 2;
  await dragTo(page, edge, box.x + width, y);
}

/** Drags the edge between the first two editor groups to `x`, in CSS pixels of the window. */
export async function setGroupEdge(page: Page, x: number): Promise<void> {
  const box = await page.locator(".editor-group-container").nth(1).boundingBox();
  if (box === null) throw new Error("There is only one editor group.");
  await dragTo(page, box.x, x, box.y + box.height / 2);
}

async function dragTo(page: Page, fromX: number, toX: number, y: number): Promise<void> {
  await page.mouse.move(fromX, y);
  await page.mouse.down();
  await page.mouse.move(toX, y, { steps: 8 });
  await page.mouse.up();
}

/** Opens or closes the side bar. */
export async function setSideBarOpen(page: Page, isOpen: boolean): Promise<void> {
  if ((await sideBar(page).isVisible()) === isOpen) return;
  await runCommand(page, "View: Toggle Primary Side Bar Visibility");
  await sideBar(page).waitFor({ state: isOpen ? "visible" : "hidden" });
}

/** Closes every tab and all editor groups but one. */
export async function closeEditors(page: Page): Promise<void> {
  await runCommand(page, "View: Close All Editor Groups");
  await page.locator(".editor-group-container .tab").first().waitFor({ state: "hidden" });
}
