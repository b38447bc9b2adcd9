/** The demo's life: set up, play or wait, clean up, whatever happens. */
import { mkdirSync, rmSync } from "node:fs";
import * as path from "node:path";
import { openStage, type Stage, type StageOptions } from "../../test/support/stage/stage";
import { whyNoRoot } from "../../test/support/privilege";
import { openBrowser } from "../../test/support/vscode/browser";
import type { HotLineRow } from "../../test/support/vscode/hotLines";
import { interruption } from "./interruption";
import { playOnce } from "./once";

export interface DemoOptions {
  /** Play by itself instead of waiting for a person. */
  readonly once: boolean;
  readonly stage: StageOptions;
  /** The browser's executable; only for `once`. */
  readonly chromium: string | undefined;
  /** Where the screenshots go. */
  readonly out: string;
  /** Prints the hottest lines. */
  readonly report: (rows: readonly HotLineRow[]) => void;
}

/** Resolves with the exit status. */
export async function runDemo(options: DemoOptions): Promise<number> {
  if (options.once && whyNoRoot() !== undefined) {
    throw new Error(
      `Sampling ${whyNoRoot()}. Run it as root, ` +
        "or run `npm run demo` in a terminal and type the password when VS Code asks for it.",
    );
  }
  const interrupted = interruption();
  const stage = await openStage(options.stage);
  try {
    return options.once ? await once(options, stage, interrupted) : await wait(stage, interrupted);
  } finally {
    await stage.close();
  }
}

async function once(
  options: DemoOptions,
  stage: Stage,
  interrupted: Promise<number>,
): Promise<number> {
  // A picture of an earlier run must not pass for this one's.
  rmSync(options.out, { recursive: true, force: true });
  mkdirSync(options.out, { recursive: true });
  const browser = await openBrowser(options.chromium ?? "chromium", stage.dir);
  try {
    const play = playOnce({
      stage,
      browser,
      heatImage: path.join(options.out, "heat.png"),
      hoverImage: path.join(options.out, "hover.png"),
      flameImage: path.join(options.out, "flame.png"),
      failureImage: path.join(options.out, "failed.png"),
      say: (line) => console.log(`  ${line}`),
    });
    const outcome = await Promise.race([play, interrupted]);
    if (typeof outcome === "number") return outcome;
    options.report(outcome);
    return 0;
  } finally {
    await browser.close();
  }
}

async function wait(stage: Stage, interrupted: Promise<number>): Promise<number> {
  console.log(`
VS Code with Emberline is at

  ${stage.vscode.url}

Press F1 there, run "Profile Remote Python", choose the host ${stage.alias}
and the process ${stage.shop.pid} serve.py. The host's key has the fingerprint
${stage.sshd.hostKeys[0]?.fingerprint ?? ""}.

Ctrl-C ends it and removes everything.`);
  await interrupted;
  console.log("\nCleaning up.");
  return 0;
}
