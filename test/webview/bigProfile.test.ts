import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ProfileTextBuilder } from "../support/profileText";
import { bigStacks } from "./support/bigProfile";
import { FlamePage, openBrowser } from "./support/flamePage";

const NODES = 50_000;

/** What the page did, as the browser's own functions were called. */
interface Measured {
  /** JavaScript time of each animation frame that drew, and of each refresh after a delta, in ms. */
  readonly frameMs: number[];
  readonly refreshMs: number[];
  rectangles: number;
  narrowest: number;
}

declare global {
  interface Window {
    measured: Measured;
  }
}

let browser: Browser;
let flame: FlamePage;
const builder = new ProfileTextBuilder();

beforeAll(async () => {
  browser = await openBrowser();
  flame = await FlamePage.open(browser);
  await flame.page.evaluate(measurePage);
  await flame.reset(builder.deltaOfStacks(bigStacks(NODES)));
});
afterAll(async () => {
  expect(flame.errors).toEqual([]);
  await browser.close();
});

function measurePage(): void {
  const measured: Measured = { frameMs: [], refreshMs: [], rectangles: 0, narrowest: Infinity };
  window.measured = measured;
  const timed = (times: number[], call: () => void) => {
    const startMs = performance.now();
    const before = measured.rectangles;
    call();
    if (times === measured.refreshMs || measured.rectangles > before) {
      times.push(performance.now() - startMs);
    }
  };
  const requestFrame = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) =>
    requestFrame((ms) => timed(measured.frameMs, () => callback(ms)));
  const setTimer = window.setTimeout.bind(window);
  const timedTimer = (callback: () => void, ms?: number) =>
    setTimer(() => timed(measured.refreshMs, callback), ms);
  Object.assign(window, { setTimeout: timedTimer });
  const context = document.querySelector("canvas")?.getContext("2d");
  if (!context) throw new Error("no canvas");
  const count = (width: number) => {
    measured.rectangles++;
    measured.narrowest = Math.min(measured.narrowest, width);
  };
  const fillRect = context.fillRect.bind(context);
  context.fillRect = (x, y, width, height) => {
    count(width);
    fillRect(x, y, width, height);
  };
  const roundRect = context.roundRect.bind(context);
  context.roundRect = (x, y, width, height, radii) => {
    count(width);
    roundRect(x, y, width, height, radii);
  };
}

/** Everything measured since the last call. */
async function measure(act: () => Promise<void>): Promise<Measured> {
  const take = () =>
    flame.page.evaluate(() => {
      const { frameMs, refreshMs, rectangles, narrowest } = window.measured;
      Object.assign(window.measured, { rectangles: 0, narrowest: Infinity });
      return { frameMs: frameMs.splice(0), refreshMs: refreshMs.splice(0), rectangles, narrowest };
    });
  await take();
  await act();
  return take();
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

test("draws no more than there are pixels, and nothing narrower than one", async () => {
  const { rectangles, narrowest } = await measure(() => flame.setTheme("light"));
  const { width, rows } = await flame.page.evaluate(() => {
    const canvas = document.querySelector("canvas");
    if (canvas === null) throw new Error("no canvas");
    return { width: canvas.width, rows: Math.ceil(canvas.clientHeight / 21) };
  });
  expect(rectangles).toBeGreaterThan(1000);
  expect(rectangles).toBeLessThan((width * rows) / 2);
  expect(narrowest).toBeGreaterThanOrEqual(1);
});

test("follows the wheel frame by frame", async () => {
  await flame.hover(8, 0.4);
  await flame.page.keyboard.down("Control");
  const { frameMs } = await measure(async () => {
    for (let i = 0; i < 20; i++) {
      await flame.page.mouse.wheel(0, i < 10 ? -30 : 30);
      await flame.settle();
    }
  });
  await flame.page.keyboard.up("Control");
  expect(frameMs.length).toBeGreaterThanOrEqual(15);
  // 4 to 6 ms when nothing else runs; a frame of 60 Hz is 16.7 ms.
  expect(median(frameMs)).toBeLessThan(16.7);
});

test("draws nothing anew for the pointer", async () => {
  const { rectangles } = await measure(async () => {
    for (let i = 1; i < 20; i++) {
      await flame.hover(4 + (i % 9), i / 20);
      await flame.settle();
    }
  });
  expect(rectangles).toBe(0);
});

test("takes in new samples without a pause that is felt", async () => {
  const { refreshMs } = await measure(async () => {
    for (let i = 0; i < 5; i++) {
      const path = ["shop[p:1]", "MainThread[t:1]", `late_${i}[/srv/app/late.py:${i + 1}]`];
      const delta = builder.deltaOfStacks([{ cells: path, samples: 500 }]);
      await flame.send({ type: "delta", delta, lost: 0 });
      await flame.page.waitForTimeout(300);
    }
  });
  const refreshes = refreshMs.filter((ms) => ms > 0.5);
  expect(refreshes.length).toBeGreaterThanOrEqual(3);
  // 15 to 20 ms when nothing else runs; from 100 ms on a click feels late.
  expect(median(refreshes)).toBeLessThan(100);
});
