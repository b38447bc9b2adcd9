/**
 * The flame graph's real page in a real browser: bundle, style sheet, policy and
 * markup as VS Code gets them; only the editor behind acquireVsCodeApi is ours.
 */
import { chromium, type Browser, type Page } from "playwright-core";
import { inject } from "vitest";
import { flameHtml } from "../../../extension/editor/flameHtml";
import type { ProfileDelta } from "../../../extension/core/profile";
import type { FromWebview, ToWebview } from "../../../extension/webview/messages";
import { ROW_HEIGHT } from "../../../extension/webview/scene";
import { THEMES, type ThemeName } from "./themes";

declare module "vitest" {
  interface ProvidedContext {
    flame: {
      readonly script: string;
      readonly style: string;
      readonly chromium: string;
    };
  }
}

const ORIGIN = "https://flame.test";
const NONCE = "dGVzdG5vbmNl";

/** Longer than a click waits for a second one. */
const OPEN_WAIT_MS = 400;

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: inject("flame").chromium,
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
}

export interface PageOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  readonly pixelRatio?: number;
  /** What an earlier page had kept with setState. */
  readonly savedState?: unknown;
  /** The system's setting; on unless a test is about motion. */
  readonly reducedMotion?: boolean;
  /** The editor's setting. */
  readonly editorReducesMotion?: boolean;
}

/** What the page's script finds instead of VS Code. */
interface FakeEditor {
  readonly sent: FromWebview[];
  state: unknown;
}

declare global {
  interface Window {
    fakeEditor: FakeEditor;
  }
}

export class FlamePage {
  readonly page: Page;
  /** Errors of the page, the policy's refusals included: a test ends with none. */
  readonly errors: string[] = [];

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser, options: PageOptions = {}): Promise<FlamePage> {
    const { width = 1200, height = 500, pixelRatio = 1, reducedMotion = true } = options;
    const page = await browser.newPage({
      viewport: { width, height },
      deviceScaleFactor: pixelRatio,
      reducedMotion: reducedMotion ? "reduce" : "no-preference",
    });
    const flame = new FlamePage(page);
    page.on("pageerror", (error) => flame.errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") flame.errors.push(message.text());
    });
    await serve(page);
    await page.addInitScript((savedState) => {
      window.fakeEditor = { sent: [], state: savedState };
      const api = {
        postMessage: (message: FromWebview) => window.fakeEditor.sent.push(message),
        getState: () => window.fakeEditor.state,
        setState: (state: unknown) => (window.fakeEditor.state = state),
      };
      Object.assign(window, { acquireVsCodeApi: () => api });
    }, options.savedState);
    await page.goto(`${ORIGIN}/`, { waitUntil: "domcontentloaded" });
    await flame.setTheme(options.theme ?? "dark");
    if (options.editorReducesMotion === true) {
      await page.evaluate(() => document.body.classList.add("vscode-reduce-motion"));
    }
    await page.waitForFunction(() => window.fakeEditor.sent[0]?.type === "ready");
    return flame;
  }

  async setTheme(name: ThemeName): Promise<void> {
    const { bodyClass, variables } = THEMES[name];
    await this.page.evaluate(
      ([bodyClass, variables]) => {
        const { style } = document.documentElement;
        style.cssText = "";
        for (const [key, value] of Object.entries(variables)) {
          style.setProperty(`--vscode-${key}`, value);
        }
        document.body.className = bodyClass;
      },
      [bodyClass, variables] as const,
    );
    await this.settle();
  }

  async send(message: ToWebview): Promise<void> {
    await this.page.evaluate((message) => window.postMessage(message, "*"), message);
    await this.settle();
  }

  /** Everything the page has said to the editor since the last call. */
  async sent(): Promise<FromWebview[]> {
    return this.page.evaluate(() => window.fakeEditor.sent.splice(0));
  }

  /** Waits until what was asked for has been drawn. */
  async settle(): Promise<void> {
    await this.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => resolve())), 0);
        }),
    );
  }

  /** Starts a session, with samples if there are some. */
  reset(snapshot: ProfileDelta | null, title = "web-1 · app [7]"): Promise<void> {
    return this.send({ type: "reset", title, frequencyHz: 99, isLive: true, lost: 0, snapshot });
  }

  text(id: string): Promise<string> {
    return this.page.locator(`#flame-${id}`).innerText();
  }

  /** Where the middle of a row is at a share of the width, from the page's corner. */
  async point(row: number, share: number): Promise<{ x: number; y: number }> {
    const box = await this.page.locator("#flame-canvas").boundingBox();
    if (box === null) throw new Error("no canvas");
    return { x: box.x + share * box.width, y: box.y + row * ROW_HEIGHT + ROW_HEIGHT / 2 };
  }

  async hover(row: number, share: number): Promise<void> {
    const { x, y } = await this.point(row, share);
    await this.page.mouse.move(x, y);
  }

  async click(row: number, share: number): Promise<void> {
    const { x, y } = await this.point(row, share);
    await this.page.mouse.click(x, y);
  }

  async doubleClick(row: number, share: number): Promise<void> {
    const { x, y } = await this.point(row, share);
    await this.page.mouse.dblclick(x, y);
    await this.settle();
  }

  /** Presses keys one after the other and waits for what they do. */
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
    await this.settle();
  }

  /** The canvas's colour near the upper edge of a row's box, above its text: "#rrggbb". */
  async color(row: number, share: number): Promise<string> {
    return this.page.evaluate(
      ([row, share, rowHeight]) => {
        const canvas = document.querySelector("canvas");
        const context = canvas?.getContext("2d");
        if (!canvas || !context) throw new Error("no canvas");
        const ratio = canvas.width / canvas.clientWidth;
        const x = Math.min(Math.floor(share * canvas.width), canvas.width - 1);
        const y = Math.floor((row * rowHeight + 3) * ratio);
        const [r = 0, g = 0, b = 0, alpha = 0] = context.getImageData(x, y, 1, 1).data;
        if (alpha === 0) return "none";
        return `#${[r, g, b].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
      },
      [row, share, ROW_HEIGHT] as const,
    );
  }

  /** What the page asks to open within the time a click takes, the wait for a second click included. */
  async opened(): Promise<FromWebview[]> {
    await this.page.waitForTimeout(OPEN_WAIT_MS);
    return (await this.sent()).filter((message) => message.type === "openFrame");
  }
}

async function serve(page: Page): Promise<void> {
  const { script, style } = inject("flame");
  const html = flameHtml({
    cspSource: ORIGIN,
    nonce: NONCE,
    scriptUri: `${ORIGIN}/flame.js`,
    styleUri: `${ORIGIN}/flame.css`,
    title: "Flame Graph",
  });
  const files: Readonly<Record<string, readonly [contentType: string, body: string]>> = {
    "/": ["text/html", html],
    "/flame.js": ["text/javascript", script],
    "/flame.css": ["text/css", style],
  };
  await page.route("**/*", async (route) => {
    const file = files[new URL(route.request().url()).pathname];
    if (file === undefined) await route.fulfill({ status: 404 });
    else await route.fulfill({ contentType: file[0], body: file[1] });
  });
}
