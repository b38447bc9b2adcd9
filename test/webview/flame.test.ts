import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parseColor, toOklch } from "../../extension/webview/color";
import { ProfileTextBuilder } from "../support/profileText";
import { FlamePage, openBrowser, type PageOptions } from "./support/flamePage";
import { THEME_NAMES, THEMES } from "./support/themes";

declare global {
  interface Window {
    cursorWidths: Set<string>;
  }
}

let browser: Browser;
let flame: FlamePage;
let builder: ProfileTextBuilder;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  expect(flame.errors).toEqual([]);
  await flame.page.close();
});

/**
 * Siblings go by name, so the rows are: 0 all samples · 1 app · 2 MainThread to 0.9,
 * Pool · 3 main to 0.9, run · 4 vfs_read (kernel) to 0.3, work to 0.9 · 5 SHA256 from
 * 0.3 to 0.9.
 */
const TEXT = `
  x6                             x3                x1
  app[p:7]                       app[p:7]          app[p:7]
  MainThread[t:7]                MainThread[t:7]   Pool[t:8]
  main[app.py:10]                main[app.py:11]   run[pool.py:5]
  work[app.py:20]                vfs_read[k]
  SHA256[n:/usr/lib/libcrypto.so.3]
`;
const WORK = 4;

async function open(options: PageOptions = {}, text = TEXT): Promise<void> {
  flame = await FlamePage.open(browser, options);
  builder = new ProfileTextBuilder();
  await flame.reset(builder.delta(text));
}

const openMain = {
  type: "openFrame",
  source: 0,
  remotePath: "/srv/app.py",
  line: 10,
  functionName: "main",
  toSide: false,
};

describe("opening code", () => {
  test("a click on a Python frame opens its hottest line, once", async () => {
    await open();
    await flame.click(3, 0.2);
    expect(await flame.opened()).toEqual([openMain]);
  });

  test("Enter opens the frame under the cursor, Ctrl or Alt open it beside", async () => {
    await open();
    await flame.page.locator("#flame-canvas").focus();
    await flame.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "Enter");
    expect(await flame.opened()).toEqual([openMain]);
    await flame.press("Control+Enter", "Alt+Enter");
    expect(await flame.opened()).toEqual([
      { ...openMain, toSide: true },
      { ...openMain, toSide: true },
    ]);
  });

  test.each([
    ["kernel", 4, 0.1],
    ["native", 5, 0.5],
    ["thread", 2, 0.5],
  ])("a %s frame has nothing to open, and says so", async (_kind, row, share) => {
    await open();
    await flame.click(row, share);
    expect(await flame.opened()).toEqual([]);
    expect(await flame.text("status")).toMatch(/no Python source/i);
  });

  test("each line of the selected frame can be opened", async () => {
    await open();
    await flame.click(3, 0.2);
    await flame.opened();
    const lines = flame.page.locator("#flame-detail .line");
    expect(await lines.allTextContents()).toEqual([":1067%", ":1133%"]);
    await lines.nth(1).click();
    expect(await flame.opened()).toEqual([{ ...openMain, line: 11 }]);
  });
});

describe("zoom", () => {
  test("a double click fills the width, opens nothing, and Escape goes back", async () => {
    await open();
    const work = await flame.color(WORK, 0.5);
    expect(await flame.color(WORK, 0.95)).toBe("none");
    await flame.doubleClick(WORK, 0.5);
    for (const share of [0.01, 0.5, 0.99]) expect(await flame.color(WORK, share)).toBe(work);
    expect(await flame.opened()).toEqual([]);
    expect(await flame.text("crumbs")).toMatch(/All samples.*app.*MainThread.*main.*work.*60\.0%/s);
    await flame.press("Escape");
    expect(await flame.color(WORK, 0.95)).toBe("none");
    expect(await flame.page.locator("#flame-reset").isDisabled()).toBe(true);
  });

  test("callers stay in sight, paler, and a breadcrumb zooms out to one", async () => {
    await open();
    const main = await flame.color(3, 0.5);
    await flame.doubleClick(WORK, 0.5);
    const paler = await flame.color(3, 0.99);
    expect(paler).not.toBe("none");
    expect(paler).not.toBe(main);
    await flame.page.getByTitle("Zoom out to main", { exact: true }).click();
    await flame.settle();
    expect(await flame.color(3, 0.99)).toBe(main);
    expect(await flame.color(WORK, 0.2)).toBe(await flame.color(WORK, 0.1));
  });

  test("Z zooms to the cursor, Backspace goes back step by step", async () => {
    await open();
    await flame.click(3, 0.2);
    await flame.press("z", "ArrowDown", "z");
    expect(await flame.text("crumbs")).toMatch(/work/);
    await flame.press("Backspace");
    expect(await flame.text("crumbs")).toMatch(/main\s+90\.0%/);
    await flame.press("Backspace");
    expect(await flame.text("crumbs")).toBe("All samples");
  });

  test("the wheel with Ctrl zooms around the pointer, and dragging pans without opening", async () => {
    await open();
    const { x, y } = await flame.point(WORK, 0.6);
    await flame.page.mouse.move(x, y);
    await flame.page.keyboard.down("Control");
    await flame.page.mouse.wheel(0, -600);
    await flame.page.keyboard.up("Control");
    await flame.settle();
    const work = await flame.color(WORK, 0.6);
    for (const share of [0.01, 0.99]) expect(await flame.color(WORK, share)).toBe(work);
    await flame.page.mouse.down();
    await flame.page.mouse.move(x + 3000, y, { steps: 8 });
    await flame.page.mouse.up();
    await flame.settle();
    expect(await flame.color(WORK, 0.3)).not.toBe(work);
    expect(await flame.opened()).toEqual([]);
  });

  test.each([true, false])(
    "with reduced motion %s, the picture jumps or glides",
    async (reduced) => {
      await open({ reducedMotion: reduced });
      await flame.click(WORK, 0.5);
      await flame.page.evaluate(() => {
        const cursor = document.querySelector<HTMLElement>("#flame-cursor");
        if (cursor === null) throw new Error("no cursor");
        const widths = new Set([cursor.style.width]);
        window.cursorWidths = widths;
        new MutationObserver(() => widths.add(cursor.style.width)).observe(cursor, {
          attributeFilter: ["style"],
        });
      });
      await flame.press("z");
      await flame.page.waitForTimeout(400);
      const widths = await flame.page.evaluate(() => window.cursorWidths.size);
      if (reduced) expect(widths, "before and after").toBe(2);
      else expect(widths).toBeGreaterThan(2);
      expect(await flame.color(WORK, 0.99)).not.toBe("none");
    },
  );
});

describe("search", () => {
  test("shows how many frames match and in how many samples, and lets the others recede", async () => {
    await open();
    const [read, work] = [await flame.color(WORK, 0.1), await flame.color(WORK, 0.5)];
    await flame.press("/");
    await flame.page.keyboard.type("work");
    await flame.settle();
    expect(await flame.text("search-count")).toBe("1 match · 60.0%");
    expect(await flame.color(WORK, 0.5)).toBe(work);
    expect(await flame.color(WORK, 0.1)).not.toBe(read);
    await flame.press("Escape");
    expect(await flame.color(WORK, 0.1)).toBe(read);
    expect(await flame.text("search-count")).toBe("");
  });

  test("finds every kind, by file and by line, and steps through what it found", async () => {
    await open();
    await flame.press("Control+f");
    const find = async (query: string) => {
      await flame.page.locator("#flame-search").fill(query);
      await flame.settle();
      return flame.text("search-count");
    };
    expect(await find("libcrypto")).toBe("1 match · 60.0%");
    expect(await find("vfs")).toBe("1 match · 30.0%");
    expect(await find("app.py:11")).toBe("1 match · 90.0%");
    expect(await find("nothing")).toBe("no match");
    expect(await find("app.py")).toBe("2 matches · 90.0%");
    await flame.press("Enter");
    expect(await flame.text("search-count")).toBe("1 of 2 · 90.0%");
    expect(await flame.text("detail")).toMatch(/^main/);
    await flame.press("Enter");
    expect(await flame.text("detail")).toMatch(/^work/);
    await flame.press("Shift+Enter");
    expect(await flame.text("detail")).toMatch(/^main/);
  });
});

describe("live", () => {
  test("samples that arrive move the boxes and leave zoom, cursor and search alone", async () => {
    await open();
    await flame.click(WORK, 0.5);
    await flame.press("z");
    await flame.opened();
    expect(await flame.text("detail")).toMatch(/^work\s+60\.0% total/);
    const delta = builder.delta(`
      x10               x10
      app[p:7]          app[p:7]
      Alpha[t:6]        MainThread[t:7]
      early[app.py:1]   main[app.py:10]
                        work[app.py:21]
    `);
    await flame.send({ type: "delta", delta, lost: 3 });
    await flame.page.waitForFunction(() => document.body.innerText.includes("30 samples"));
    await flame.settle();
    expect(await flame.text("summary")).toMatch(/30 samples.*99 Hz.*3 lost/s);
    expect(await flame.text("crumbs")).toMatch(/work\s+53\.3%/);
    expect(await flame.text("detail")).toMatch(/^work\s+53\.3% total/);
    const work = await flame.color(WORK, 0.5);
    expect(await flame.color(WORK, 0.99)).toBe(work);
    await flame.press("Escape");
    expect(await flame.color(WORK, 0.99)).toBe("none");
  });

  test("says what it waits for, then that it is live, then that it ended", async () => {
    flame = await FlamePage.open(browser);
    expect(await flame.page.locator("#flame-empty").isVisible()).toBe(false);
    await flame.reset(null);
    expect(await flame.text("empty")).toMatch(/Waiting for the first samples/);
    expect(await flame.page.locator("#flame-live").isVisible()).toBe(true);
    await flame.send({ type: "live", isLive: false });
    expect(await flame.text("empty")).toMatch(/No samples/);
    expect(await flame.page.locator("#flame-live").isVisible()).toBe(false);
    await flame.send({ type: "delta", delta: new ProfileTextBuilder().delta(TEXT), lost: 0 });
    await flame.page.waitForFunction(() => document.body.innerText.includes("10 samples"));
    expect(await flame.page.locator("#flame-empty").isVisible()).toBe(false);
  });

  test("a delta that does not fit is refused and everything is asked for again", async () => {
    await open();
    await flame.sent();
    const late = { ...builder.delta(TEXT), sequence: 9 };
    await flame.send({ type: "delta", delta: late, lost: 0 });
    expect(await flame.sent()).toEqual([{ type: "resync", detail: "delta 9 after 1" }]);
  });

  test("a page that was reloaded looks at the same place of the same session", async () => {
    await open();
    await flame.click(WORK, 0.5);
    await flame.press("z");
    await flame.page.locator("#flame-search").fill("work");
    await flame.settle();
    const savedState = await flame.page.evaluate(() => window.fakeEditor.state);
    await flame.page.close();
    await open({ savedState });
    expect(await flame.text("crumbs")).toMatch(/work\s+60\.0%/);
    expect(await flame.text("detail")).toMatch(/^work/);
    expect(await flame.text("search-count")).toMatch(/60\.0%/);
    await flame.reset(new ProfileTextBuilder().delta(TEXT), "another session");
    expect(await flame.text("crumbs")).toBe("All samples");
  });

  test("the editor can point at a line", async () => {
    await open();
    await flame.send({ type: "focus", target: { kind: "line", source: 0, line: 20 } });
    expect(await flame.text("detail")).toMatch(/^work/);
  });
});

describe("kinds", () => {
  test("have their hues, and can be hidden without losing a sample", async () => {
    await open();
    const hueAt = async (row: number, share: number) =>
      toOklch(parseColor(await flame.color(row, share))!).h;
    expect(await hueAt(3, 0.5)).toBeGreaterThan(80); // Python: yellow
    expect(await hueAt(3, 0.5)).toBeLessThan(110);
    expect(await hueAt(4, 0.1)).toBeGreaterThan(30); // kernel: orange
    expect(await hueAt(4, 0.1)).toBeLessThan(60);
    expect(await hueAt(5, 0.5)).toBeGreaterThan(285); // native: purple
    expect(await hueAt(5, 0.5)).toBeLessThan(325);
    await flame.click(WORK, 0.5);
    await flame.page.locator("#flame-kind-kernel").click();
    await flame.page.locator("#flame-kind-thread").click();
    await flame.settle();
    expect(await flame.color(1, 0.5)).not.toBe("none"); // main, now the first row
    expect(await flame.color(2, 0.1)).not.toBe("none"); // work, alone
    expect(await flame.color(2, 0.8)).toBe("none");
    expect(await flame.text("detail")).toMatch(/^work\s+60\.0% total · 0% self/);
    expect(await flame.page.locator("#flame-kind-kernel").getAttribute("aria-pressed")).toBe(
      "false",
    );
  });

  test("that were not sampled have no switch", async () => {
    await open({}, "x1\napp[p:7]\nmain[app.py:10]");
    const isShown = (id: string) => flame.page.locator(`#flame-kind-${id}`).isVisible();
    expect(await Promise.all(["python", "native", "kernel", "thread"].map(isShown))).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  test("inverted, what burned is on top and the share of its callers below", async () => {
    await open();
    await flame.page.locator("#flame-invert").click();
    await flame.settle();
    await flame.page.locator("#flame-canvas").focus();
    await flame.press("ArrowDown", "ArrowDown");
    expect(await flame.text("detail")).toMatch(/^SHA256\s+60\.0% total/);
    await flame.press("ArrowDown");
    expect(await flame.text("detail")).toMatch(/^work\s+60\.0% total/);
  });
});

describe("theme", () => {
  test.each(THEME_NAMES)("%s: the picture takes its colours at once", async (theme) => {
    await open({ theme: theme === "dark" ? "light" : "dark" });
    const before = await flame.color(3, 0.5);
    await flame.setTheme(theme);
    const after = await flame.color(3, 0.5);
    expect(after).not.toBe(before);
    const { "editor-background": background } = THEMES[theme].variables;
    const isHighContrast = theme.startsWith("highContrast");
    expect(after === background, "a high contrast box is filled with the background").toBe(
      isHighContrast,
    );
    const page = await flame.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(parseColor(page)).toEqual(parseColor(background));
  });

  test.each([1, 1.5, 2])("at %d device pixels, edges are sharp", async (pixelRatio) => {
    await open({ pixelRatio, width: 1003 });
    const shades = await flame.page.evaluate(() => {
      const canvas = document.querySelector("canvas");
      const context = canvas?.getContext("2d");
      if (!canvas || !context) throw new Error("no canvas");
      const y = Math.floor(((4 * 21 + 2) * canvas.width) / canvas.clientWidth);
      const { data } = context.getImageData(0, y, canvas.width, 1);
      const found = new Set<string>();
      for (let x = 0; x < canvas.width; x++) found.add(data.slice(x * 4, x * 4 + 4).join());
      return { width: canvas.width / canvas.clientWidth, found: [...found] };
    });
    expect(shades.width).toBeCloseTo(pixelRatio, 2);
    // Above its text, a row of two boxes has two fills, the background, and nothing between.
    expect(shades.found).toHaveLength(3);
  });
});

describe("explaining", () => {
  test("a tooltip gives total, self, lines with their shares, and what a click does", async () => {
    await open();
    await flame.hover(3, 0.2);
    await flame.page.locator("#flame-tooltip").waitFor({ state: "visible" });
    const text = await flame.text("tooltip");
    for (const part of [
      /^main\n/,
      /Python · \/srv\/app\.py/,
      /Total\s+90\.0% ±\d+ · 9 samples · 90\.9 ms/,
      /Self\s+0%/,
      /app\.py:10\s+66\.7%\s+app\.py:11\s+33\.3%/,
      /Click opens app\.py:10 · Double-click zooms/,
    ]) {
      expect(text).toMatch(part);
    }
    await flame.page.mouse.move(5, 5);
    expect(await flame.page.locator("#flame-tooltip").isVisible()).toBe(false);
  });

  test("the cursor is ringed and read out, and gestures are in sight", async () => {
    await open();
    const canvas = flame.page.locator("#flame-canvas");
    expect(await canvas.getAttribute("role")).toBe("application");
    expect(await canvas.getAttribute("aria-label")).toMatch(/Arrow keys.*Enter.*Z.*Escape/);
    await canvas.focus();
    await flame.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown");
    expect(await flame.text("status")).toBe(
      "work, Python, app.py line 20, 60.0% total, 0% self, level 5.",
    );
    const ring = await flame.page.locator("#flame-cursor").boundingBox();
    const left = await flame.point(WORK, 0.3);
    const right = await flame.point(WORK, 0.9);
    expect(ring?.x).toBeCloseTo(left.x, -0.5);
    expect(ring?.width).toBeCloseTo(right.x - left.x, -0.5);
    await flame.press("ArrowLeft");
    expect(await flame.text("status")).toMatch(/^vfs_read, kernel, 30\.0% total/);
    expect(await flame.text("hints")).toMatch(/Click.*Enter.*Double-click.*Z.*Esc/s);
  });

  test("the graph has the keys from the start, and a button keeps its own", async () => {
    await open();
    await flame.press("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "Enter");
    expect(await flame.opened()).toEqual([openMain]);
    await flame.page.locator("#flame-invert").focus();
    await flame.press("Enter");
    expect(await flame.page.locator("#flame-invert").getAttribute("aria-pressed")).toBe("true");
    expect(await flame.opened()).toEqual([]);
    await flame.press("/");
    await flame.page.keyboard.type("z n i /");
    await flame.settle();
    expect(await flame.page.locator("#flame-search").inputValue()).toBe("z n i /");
    expect(await flame.page.locator("#flame-invert").getAttribute("aria-pressed")).toBe("true");
  });

  test("half as wide, beside an editor, nothing is cut off", async () => {
    await open({ width: 533, height: 600 });
    const isCut = () =>
      flame.page.evaluate(() =>
        [".toolbar", ".group", ".place-bar", ".footer", "#flame-hints"].filter((selector) => {
          const found = document.querySelector(selector);
          return found !== null && found.scrollWidth > found.clientWidth;
        }),
      );
    expect(await isCut()).toEqual([]);
    expect(await flame.text("hints")).toMatch(/Double-click.*zooms/s);
    await flame.doubleClick(WORK, 0.5);
    expect(await isCut()).toEqual([]);
    expect(await flame.text("crumbs")).toMatch(/^All samples.*….*work.*60\.0%$/s);
    expect(await flame.text("detail")).toMatch(/^work/);
  });

  test("names are text, whatever they say", async () => {
    const name = "<img src=x onerror=alert(1)>";
    await open({}, `x1\napp[p:7]\n${name}[a.py:3]`);
    await flame.click(2, 0.5);
    await flame.hover(2, 0.6);
    await flame.page.locator("#flame-tooltip").waitFor({ state: "visible" });
    expect(await flame.text("tooltip")).toContain(name);
    expect(await flame.text("detail")).toContain(name);
    expect(await flame.page.locator("img").count()).toBe(0);
  });
});
