/** The whole path without a person: from the palette to the hot line, checked at every step. */
import { stripVTControlCharacters } from "node:util";
import type { Browser, Page } from "playwright-core";
import type { Stage } from "../../test/support/stage/stage";
import { openWorkbench } from "../../test/support/vscode/browser";
import {
  editorOf,
  focusFile,
  goToLine,
  openFile,
  showHover,
  waitForCursor,
  waitForHeat,
} from "../../test/support/vscode/editor";
import { clickFrame, waitForFlame } from "../../test/support/vscode/flameGraph";
import { openHotLine, readHotLines, type HotLineRow } from "../../test/support/vscode/hotLines";
import { setGroupEdge, setSideBarOpen, setSideBarWidth } from "../../test/support/vscode/layout";
import {
  chooseHost,
  chooseProcess,
  stopProfiling,
  trustHostKey,
  waitForSamples,
} from "../../test/support/vscode/profiling";
import { runCommand } from "../../test/support/vscode/quickInput";

/** Where the shop spends most of its time. */
const HOT_FILE = "pricing.py";
const HOT_FUNCTION = "price_item";
/** Enough for the share of a line to be within four points of the truth. */
const SAMPLES = 600;

export interface OnceOptions {
  readonly stage: Stage;
  readonly browser: Browser;
  readonly heatImage: string;
  readonly hoverImage: string;
  readonly flameImage: string;
  readonly failureImage: string;
  /** Told after every step that happened. */
  readonly say: (line: string) => void;
}

/** Plays it and resolves with the hottest lines; rejects with what did not happen. */
export async function playOnce(options: OnceOptions): Promise<readonly HotLineRow[]> {
  const window = { width: 1280, height: 800, scale: 2 };
  const page = await openWorkbench(options.browser, options.stage.vscode.url, window);
  try {
    return await play(page, options);
  } catch (error) {
    await page.screenshot({ path: options.failureImage });
    throw new Error(`${summary(error)}\nThe screen is in ${options.failureImage}.`, {
      cause: error,
    });
  }
}

async function play(page: Page, options: OnceOptions): Promise<readonly HotLineRow[]> {
  const { say } = options;
  say(`opened the workspace and ${HOT_FILE} in VS Code`);
  await openFile(page, HOT_FILE);
  const firstHeatMs = await profile(page, options);
  say(`saw the first heat ${(firstHeatMs / 1_000).toFixed(1)} s after the process was chosen`);

  const samples = await waitForSamples(page, SAMPLES);
  say(`sampled until there were ${samples} samples`);
  await setSideBarWidth(page, 330);
  const [hottest] = await readHotLines(page);
  if (hottest === undefined) throw new Error("The Hot Lines view is empty.");
  const line = lineOf(hottest);
  await openHotLine(page, hottest.place);
  await waitForCursor(page, { file: HOT_FILE, line });
  const heat = await waitForHeat(editorOf(page, HOT_FILE), (drawn) =>
    drawn.some((mark) => mark.line === line && mark.tint !== undefined && mark.figures !== ""),
  );
  await page.screenshot({ path: options.heatImage });
  say(`opened the hottest of ${heat.length} marked lines from Hot Lines: ${hottest.place}`);
  const source = heat.find((mark) => mark.line === line)?.source ?? "";
  const hover = await showHover(editorOf(page, HOT_FILE), source);
  if (!(await hover.innerText()).includes("In C, of the line")) {
    throw new Error("The hover does not say which C functions the line spends its time in.");
  }
  await page.screenshot({ path: options.hoverImage });
  await page.mouse.move(0, 0);
  say("pointed at it: the hover says which C functions it spends its time in");

  await setSideBarOpen(page, false);
  await runCommand(page, "Emberline: Show Flame Graph");
  await waitForFlame(page);
  await setGroupEdge(page, 540);
  // Elsewhere first, so that only the click can bring the cursor to the line.
  await focusFile(page, HOT_FILE);
  await goToLine(page, 1);
  const { tooltip } = await clickFrame(page, HOT_FUNCTION);
  const promised = /Click opens (\S+):(\d+)/.exec(tooltip);
  if (promised === null) throw new Error(`The frame promises no line: ${tooltip}`);
  const went = await waitForCursor(page, { file: promised[1] ?? "", line: Number(promised[2]) });
  if (went.line !== line) throw new Error(`The frame opened line ${went.line}, not ${line}.`);
  await page.screenshot({ path: options.flameImage });
  say(`clicked ${HOT_FUNCTION} in the flame graph: the editor went to ${went.file}:${went.line}`);

  await setSideBarOpen(page, true);
  await stopProfiling(page);
  const rows = await readHotLines(page);
  if (rows.length === 0) throw new Error("Stopping did not keep the results.");
  say("stopped; the results are kept");
  return rows;
}

/** From the palette to the first heat; resolves with the time from the choice of the process, in ms. */
async function profile(page: Page, { stage, say }: OnceOptions): Promise<number> {
  await chooseHost(page, stage.alias);
  say(`ran "Profile Remote Python" from the palette and chose ${stage.alias}`);
  const { detail } = await trustHostKey(page);
  const fingerprint = stage.sshd.hostKeys[0]?.fingerprint ?? "none";
  if (!detail.includes(fingerprint)) throw new Error(`Not the server's key: ${detail}`);
  say(`was asked about the unknown host key ${fingerprint}, and trusted it`);
  const chosenAtMs = await chooseProcess(page, stage.alias, stage.shop.pid);
  say(`chose process ${stage.shop.pid}, ${stage.shop.script}`);
  await waitForHeat(editorOf(page, HOT_FILE));
  return performance.now() - chosenAtMs;
}

/** The message without the browser driver's colours and its long account of every retry. */
function summary(error: unknown): string {
  return stripVTControlCharacters(String(error)).split("\n").slice(0, 6).join("\n");
}

function lineOf({ place }: HotLineRow): number {
  return Number(place.slice(place.lastIndexOf(":") + 1));
}
