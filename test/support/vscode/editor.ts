/** Text editors: where the cursor is, and the heat that is drawn in them. */
import type { Locator, Page } from "playwright-core";
import { press, typeInto } from "./quickInput";

const PATIENCE_MS = 45_000;

/** The visible editor of a file, by the end of its path. */
export function editorOf(page: Page, pathEnd: string): Locator {
  return page.locator(`.monaco-editor[data-uri$="${pathEnd}"]`);
}

/** Opens a file of the workspace by its name. */
export async function openFile(page: Page, name: string): Promise<void> {
  const row = page.locator(".quick-input-list .monaco-list-row").filter({ hasText: name }).first();
  await typeInto(page, "Control+P", name, () => row.click({ timeout: 5_000 }));
  await editorOf(page, name).waitFor({ timeout: PATIENCE_MS });
}

export interface Place {
  /** The active tab's label: the file's name. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Makes an open file's editor the active one. */
export async function focusFile(page: Page, file: string): Promise<void> {
  await page.locator(`.tab[data-resource-name="${file}"]`).first().click();
  await waitForCursor(page, { file });
}

/** Puts the cursor at the start of a line of the active editor. */
export async function goToLine(page: Page, line: number): Promise<void> {
  await typeInto(page, "Control+G", `:${line}`, () => press(page, "Enter"));
  await waitForCursor(page, { line });
}

/** Points at a line of the editor, which must be on the screen, until its hover is there. */
export async function showHover(editor: Locator, source: string): Promise<Locator> {
  const page = editor.page();
  const spans = editor.locator(".view-line", { hasText: source.trim() }).locator("span > span");
  const hover = page.locator(".monaco-hover").filter({ hasText: "Total" });
  // The text may still scroll below the pointer; a person then points once more.
  const untilMs = Date.now() + PATIENCE_MS;
  while (Date.now() < untilMs) {
    await spans.first().hover();
    const shown = hover.waitFor({ timeout: 4_000 });
    if (
      await shown.then(
        () => true,
        () => false,
      )
    )
      break;
    await page.mouse.move(0, 0);
  }
  return hover;
}

/** The text of the hover over a line of an editor; the line must be on the screen. */
export async function readHover(editor: Locator, source: string): Promise<string> {
  const hover = await showHover(editor, source);
  const text = await hover.innerText();
  await editor.page().mouse.move(0, 0);
  return text.replaceAll("\u00a0", " ");
}

export interface Place {
  /** The active tab's label: the file's name. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Puts the cursor at the start of an open file of the active or another group. */
export async function goToStart(page: Page, file: string): Promise<void> {
  await page.locator(`.tab[data-resource-name="${file}"]`).first().click();
  await page.keyboard.press("Control+Home");
  await waitForCursor(page, { file, line: 1 });
}

/** Where the cursor is, as the tab and the status bar say; undefined without a text editor. */
export async function cursorPlace(page: Page): Promise<Place | undefined> {
  const status = page.locator("#status\\.editor\\.selection");
  const tab = page.locator(".editor-group-container.active .tab.active");
  if ((await status.count()) === 0 || (await tab.count()) === 0) return undefined;
  const line = /Ln (\d+)/.exec(await status.innerText())?.[1];
  const file = await tab.first().getAttribute("data-resource-name");
  return line === undefined || file === null ? undefined : { file, line: Number(line) };
}

/** Waits until the cursor is in a file at a line. */
export async function waitForCursor(page: Page, place: Partial<Place>): Promise<Place> {
  const deadlineMs = Date.now() + 15_000;
  for (;;) {
    const now = await cursorPlace(page);
    const isThere =
      now !== undefined &&
      (place.file === undefined || now.file === place.file) &&
      (place.line === undefined || now.line === place.line);
    if (isThere) return now;
    if (Date.now() > deadlineMs) {
      throw new Error(`The cursor is ${JSON.stringify(now)}, not ${JSON.stringify(place)}.`);
    }
    await page.waitForTimeout(50);
  }
}

/** A line of an editor that carries heat, as it is drawn. */
export interface DrawnHeat {
  /** From 1, of the document as it now is. */
  readonly line: number;
  /** The line's own text. */
  readonly source: string;
  /** CSS colour of the tint; undefined for none. */
  readonly tint: string | undefined;
  /** Text after the line's end: "12.3% self · 40% total". */
  readonly figures: string;
}

/**
 * The heat on the visible lines of an editor, top to bottom. Read from what VS
 * Code drew: the tint is a box behind the line at the same offset from the top,
 * the figures are the generated content of an empty span at the line's end.
 */
export function readHeat(editor: Locator): Promise<DrawnHeat[]> {
  return editor.evaluate((root) => {
    const topOf = (element: Element | null) =>
      element instanceof HTMLElement ? Number.parseFloat(element.style.top) : Number.NaN;
    const lineAt = new Map<number, number>();
    for (const number of root.querySelectorAll(".margin-view-overlays .line-numbers")) {
      lineAt.set(topOf(number.parentElement), Number(number.textContent));
    }
    const tintAt = new Map<number, string>();
    for (const box of root.querySelectorAll(
      ".view-overlays .cdr[class*=TextEditorDecorationType]",
    )) {
      const color = getComputedStyle(box).backgroundColor;
      if (color !== "rgba(0, 0, 0, 0)") tintAt.set(topOf(box.parentElement), color);
    }
    return [...root.querySelectorAll(".view-lines .view-line")]
      .toSorted((a, b) => topOf(a) - topOf(b))
      .flatMap((line) => {
        const top = topOf(line);
        const contents = [...line.querySelectorAll("span")]
          .map((span) => getComputedStyle(span, "::after").content)
          .filter((content) => content.startsWith('"'));
        const figures = contents.map((content) => content.slice(1, -1)).join(" ");
        const tint = tintAt.get(top);
        if (figures === "" && tint === undefined) return [];
        const source = (line.textContent ?? "").replaceAll("\u00a0", " ");
        return [{ line: lineAt.get(top) ?? Number.NaN, source, tint, figures }];
      });
  });
}

/** An underline as it is drawn. */
export interface DrawnUnderline {
  /** From 1, of the document as it now is. */
  readonly line: number;
  /** CSS border style and width: "2px solid". */
  readonly form: string;
  /** CSS pixels from the text's left edge. */
  readonly left: number;
  readonly width: number;
}

/** The underlines on the visible lines of an editor, top to bottom and left to right. */
export function readUnderlines(editor: Locator): Promise<DrawnUnderline[]> {
  return editor.evaluate((root) => {
    const topOf = (element: Element | null) =>
      element instanceof HTMLElement ? Number.parseFloat(element.style.top) : Number.NaN;
    const lineAt = new Map<number, number>();
    for (const number of root.querySelectorAll(".margin-view-overlays .line-numbers")) {
      lineAt.set(topOf(number.parentElement), Number(number.textContent));
    }
    return [...root.querySelectorAll<HTMLElement>(".view-overlays .cdr")]
      .flatMap((box) => {
        const { borderBottomStyle, borderBottomWidth } = getComputedStyle(box);
        const isUnderline = box.className.includes("TextEditorDecorationType");
        if (!isUnderline || borderBottomStyle === "none" || borderBottomWidth === "0px") return [];
        const line = lineAt.get(topOf(box.parentElement)) ?? Number.NaN;
        const form = `${borderBottomWidth} ${borderBottomStyle}`;
        return [{ line, form, left: box.offsetLeft, width: box.offsetWidth }];
      })
      .toSorted((a, b) => a.line - b.line || a.left - b.left);
  });
}

/** Waits for heat that satisfies `isEnough`; by default any. Looks at every animation frame. */
export async function waitForHeat(
  editor: Locator,
  isEnough: (heat: readonly DrawnHeat[]) => boolean = (heat) => heat.length > 0,
  timeoutMs = PATIENCE_MS,
): Promise<readonly DrawnHeat[]> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const heat = await readHeat(editor);
    if (isEnough(heat)) return heat;
    if (Date.now() > deadlineMs) {
      throw new Error(`Not the heat that was expected: ${JSON.stringify(heat, undefined, 1)}`);
    }
    await editor.page().waitForTimeout(25);
  }
}
