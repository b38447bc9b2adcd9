import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { rowCount } from "../../extension/core/flameLayout";
import { FlameModel } from "../../extension/webview/flameModel";
import { ProfileTextBuilder } from "../support/profileText";
import { FlamePage, openBrowser } from "./support/flamePage";
import { nativeStacks } from "./support/nativeProfile";

let browser: Browser;
let flame: FlamePage;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  expect(flame.errors).toEqual([]);
  await flame.page.close();
});

/** Python over native over Python, as deep as given, with kernel leaves. */
async function open(levels: number, savedState?: unknown): Promise<FlameModel> {
  const delta = new ProfileTextBuilder().deltaOfStacks(nativeStacks(levels));
  const model = new FlameModel(null);
  model.reset("", delta);
  flame = await FlamePage.open(browser, { height: 700, savedState });
  await flame.reset(delta);
  return model;
}

const interpreter = () => flame.page.locator("#flame-interpreter");

test("the interpreter's frames are folded until asked for, and none of its cost is lost", async () => {
  await open(4);
  expect(await interpreter().getAttribute("aria-pressed")).toBe("false");
  await flame.page.locator("#flame-search").fill("_PyEval_EvalFrameDefault");
  await flame.settle();
  const folded = await flame.text("search-count");
  expect(folded, "only where it was executing itself").toBe("1 match · 10.0%");

  await interpreter().click();
  await flame.settle();
  expect(await interpreter().getAttribute("aria-pressed")).toBe("true");
  expect(await flame.text("search-count")).toMatch(/ · 100%$/);
  expect(await flame.text("status")).toBe("Interpreter frames shown.");
  await interpreter().click();
  await flame.settle();
  expect(await flame.text("search-count")).toBe(folded);
});

test("the choice outlives a reload, and needs native frames to choose about", async () => {
  await open(4);
  await interpreter().click();
  await flame.settle();
  const state = await flame.page.evaluate(() => window.fakeEditor.state);
  await flame.page.close();
  await open(4, state);
  expect(await interpreter().getAttribute("aria-pressed")).toBe("true");
  await flame.page.locator("#flame-kind-native").click();
  expect(await interpreter().isDisabled()).toBe(true);
  await flame.reset(new ProfileTextBuilder().delta("main[app.py:1]"), "another");
  expect(await interpreter().isVisible()).toBe(false);
});

test("stacks of 60 native levels are whole: the last row is there to scroll to", async () => {
  const model = await open(60);
  await interpreter().click();
  await flame.settle();
  model.setOptions({ foldsInterpreter: false });
  const rows = rowCount(model.layout);
  expect(rows).toBeGreaterThan(60);
  await flame.page.locator("#flame-canvas").focus();
  for (let row = 0; row < rows; row++) await flame.page.keyboard.press("ArrowDown");
  await flame.settle();
  expect(await flame.text("status")).toMatch(new RegExp(`level ${rows}\\.$`));
  const cursor = await flame.page.locator("#flame-cursor").boundingBox();
  expect((cursor?.y ?? 0) + (cursor?.height ?? 0)).toBeLessThan(700);
});

test("a native frame is read out and explained with its module, and found by it", async () => {
  await open(4);
  await flame.page.locator("#flame-search").fill("libc.so");
  await flame.page.locator("#flame-search").press("Enter");
  await flame.settle();
  expect(await flame.text("status")).toMatch(
    /__memmove_avx_unaligned_erms, native, libc\.so\.6, \d+\.\d% total, \d+\.\d% self, level/,
  );
  expect(await flame.text("detail")).toContain("/usr/lib/x86_64-linux-gnu/libc.so.6");
});
